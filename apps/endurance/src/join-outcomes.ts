import type { Outcome } from "./case.ts";

/** What parts of a case that run at the same time have found together. */
export async function joinOutcomes(parts: readonly Promise<Outcome>[]): Promise<Outcome> {
  const outcomes = await Promise.all(parts);
  return {
    rows: outcomes.flatMap(({ rows }) => rows),
    broken: outcomes.flatMap(({ broken }) => broken),
  };
}
