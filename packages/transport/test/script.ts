import type { Operation, Outcome, Steps } from "../src/operations.ts";

/** The outcome of an operation, chosen by its kind; `{}` for kinds that are not named. */
export type Script = Partial<Record<Operation["kind"], Outcome | ((path: string) => Outcome)>>;

/** The operations of steps under a script, and their end. */
export interface Play {
  readonly made: readonly string[];
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Run steps against chosen outcomes. */
export function play(steps: Steps<unknown>, script: Script): Play {
  const made: string[] = [];
  try {
    let step = steps.next();
    while (step.done !== true) {
      const { kind, path } = step.value;
      made.push(`${kind} ${path}`);
      const outcome = script[kind] ?? {};
      step = steps.next(typeof outcome === "function" ? outcome(path) : outcome);
    }
    return { made, result: step.value };
  } catch (error) {
    return { made, error };
  }
}

/** An operation that failed. */
export function failed(code: string): Outcome {
  return { code, cause: Object.assign(new Error(code), { code }) };
}
