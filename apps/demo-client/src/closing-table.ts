import type { Summary, Tally } from "@ipc-apps/demo-server/contract";
import Table from "cli-table3";
import pc from "picocolors";

/** The outcome as two tables: by file ending, and by worker. */
export function closingTable({ endings, workers, returned }: Summary): string {
  const byEnding = tableOf("ending", endings);
  byEnding.push(rowOf(sum(endings)).map((cell) => pc.bold(cell)));
  const byWorker = tableOf("worker", workers);
  for (const { worker, files } of returned) {
    byWorker.push([
      { colSpan: 5, content: `${files} files that ${worker} had in hand went to others` },
    ]);
  }
  return `${byEnding.toString()}\n${byWorker.toString()}`;
}

function tableOf(what: string, tallies: readonly Tally[]): Table.Table {
  const table = new Table({
    head: [what, "files", "lines", "words", "bytes"],
    colAligns: ["left", "right", "right", "right", "right"],
    style: { head: pc.isColorSupported ? ["cyan"] : [], border: [], compact: true },
  });
  table.push(...tallies.map(rowOf));
  return table;
}

function rowOf({ name, files, lines, words, bytes }: Tally): string[] {
  return [name, ...[files, lines, words, bytes].map((number) => number.toLocaleString("en"))];
}

function sum(tallies: readonly Tally[]): Tally {
  const total = (key: "files" | "lines" | "words" | "bytes"): number =>
    tallies.reduce((all, tally) => all + tally[key], 0);
  return {
    name: "all",
    files: total("files"),
    lines: total("lines"),
    words: total("words"),
    bytes: total("bytes"),
  };
}
