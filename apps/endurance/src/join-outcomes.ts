import type { Outcome } from "./case.ts";

/** Joins the outcomes of the parts of a case into one. */
export function joinOutcomes(parts: readonly Outcome[]): Outcome {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    broken: parts.flatMap(({ broken }) => broken),
  };
}
