import type { Outcome } from "./case.ts";

/** Joins the outcomes of the parts of a case into one. */
export function joinOutcomes(parts: readonly Outcome[]): Outcome {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    broken: parts.flatMap(({ broken }) => broken),
  };
}

/** Runs a part of a case in plaintext and encrypted, at the same time. */
export async function inBothModes(
  part: (mode: string, password: string | undefined) => Promise<Outcome>,
): Promise<Outcome> {
  return joinOutcomes(
    await Promise.all([part("plaintext", undefined), part("encrypted", "correct horse")]),
  );
}
