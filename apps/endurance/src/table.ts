import Table from "cli-table3";
import type { Row } from "./case.ts";

/** The rows as a table, without colours. */
export function table(rows: readonly Row[]): string {
  const head = Object.keys(rows[0] ?? {});
  const drawn = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const row of rows) drawn.push(head.map((column) => row[column] ?? "-"));
  return drawn.toString();
}
