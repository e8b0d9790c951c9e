import type { Outcome } from "./case.ts";

/** What the parts of a case have found, as one. */
export function joinOutcomes(parts: readonly Outcome[]): Outcome {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    broken: parts.flatMap(({ broken }) => broken),
  };
}
