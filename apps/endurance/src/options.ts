import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Case, Form } from "./case.ts";
import { cases } from "./cases.ts";

/** The options of the command line. */
export interface Options {
  readonly chosen: Case;
  readonly form: Form;
  readonly seed: number;
  /** The path of the result file, if one is wanted. */
  readonly output: string | undefined;
}

/** Reads the command line. Throws a TypeError that says what there is to choose from. */
export function readOptions(values: readonly string[]): Options {
  const { positionals, values: given } = parseArgs({
    args: [...values],
    allowPositionals: true,
    options: {
      long: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      output: { type: "string" },
    },
  });
  const names = cases.map(({ name }) => name).join(", ");
  const chosen = cases.find(({ name }) => name === positionals[0]);
  const seed = Number(given.seed);
  if (chosen === undefined || positionals.length > 1 || !Number.isInteger(seed)) {
    throw new TypeError(`Give: <case> [--long] [--seed n] [--output file]; cases: ${names}`);
  }
  const { output } = given;
  // pnpm changes to the folder of the app and says where the user was.
  const path = output && resolve(process.env["INIT_CWD"] ?? "", output);
  return { chosen, form: given.long ? "long" : "short", seed, output: path };
}
