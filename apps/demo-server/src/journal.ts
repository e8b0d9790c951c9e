import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import type { Report, Returned, Wrong } from "./contract.ts";

/** The final result for a file. */
export type Settlement =
  | ({ readonly kind: "result"; readonly worker: string } & Omit<Report, "sha256" | "modified">)
  | { readonly kind: "gone"; readonly path: string }
  | ({ readonly kind: "wrong" } & Wrong);

/** An entry that the manager must not lose. */
export type Entry =
  | { readonly kind: "files"; readonly paths: readonly string[] }
  | { readonly kind: "repeat"; readonly path: string }
  | ({ readonly kind: "returned" } & Returned)
  | Settlement;

/**
 * The manager's memory beyond its process: a file with one JSON line per entry.
 *
 * An entry is with the operating system when `append` returns, and so survives the process, though
 * not a power cut.
 */
export class Journal {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** All entries of earlier processes. A last line that was not written whole never happened. */
  read(): Entry[] {
    if (!existsSync(this.#file)) return [];
    const bytes = readFileSync(this.#file);
    const whole = bytes.lastIndexOf("\n") + 1;
    if (whole < bytes.length) truncateSync(this.#file, whole);
    const lines = bytes.toString("utf8", 0, whole).split("\n").slice(0, -1);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no other program writes this file
    return lines.map((line) => JSON.parse(line) as Entry);
  }

  append(entry: Entry): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}
