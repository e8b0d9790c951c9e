import { readFileSync } from "node:fs";

/** A message: its sender, and its number among that sender's messages. */
export type Mark = readonly [process: number, number: number];

/** An entry of a process, in the order of its events. */
export type Entry =
  | { readonly is: "said"; readonly session: number; readonly mark: Mark }
  | { readonly is: "heard"; readonly session: number; readonly mark: Mark }
  /** `flush` said that all it had said in this session, up to a number, was heard. */
  | { readonly is: "confirmed"; readonly session: number; readonly upTo: number }
  /** The number of events that were refused by a full queue. */
  | { readonly is: "dropped"; readonly session: number; readonly events: number }
  /** A connection has gone. */
  | { readonly is: "disconnect"; readonly session: number; readonly reason: string }
  | {
      readonly is: "lost";
      readonly session: number;
      readonly unsent: readonly Mark[];
      readonly unconfirmed: readonly Mark[];
    };

/** All that a process wrote down before it ended, in whatever way it did. */
export function readJournal(path: string): Entry[] {
  const lines = readFileSync(path, "utf8").split("\n");
  // The last one is empty, or was being written when the process was killed.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this app's own words
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Entry);
}
