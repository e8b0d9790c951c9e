import { Command, InvalidArgumentError } from "commander";
import { resolve } from "node:path";
import { cases } from "./cases.ts";
import { fullPlan, quickPlan, type Plan } from "./plan.ts";

/** What the command line asks for. */
export interface Options {
  plan: Plan;
  /** Names of the cases to run. */
  cases: string[];
  /** `newest`, `current` or a path. */
  node: string;
  /** Where the result file goes, if one is wanted. */
  output: string | undefined;
}

/** Reads the command line; prints a message and exits if it makes no sense or asks for help. */
export function readOptions(argv: readonly string[]): Options {
  const names = cases.map(({ name }) => name);
  const given = new Command("bench")
    .description("Measures ipc-eventer beside a hand-written floor and its peers.")
    .option("--quick", "a smoke run of some seconds; its numbers say little", false)
    .option("--rounds <count>", "rounds that count, of each contender in each case", count)
    .option("--cases <names>", `only these, separated by commas: ${names.join(", ")}`, list(names))
    .option("--node <which>", "newest (brought along), current, or the path of a node", "newest")
    .option("--output <file>", "write the whole result to this JSON file")
    .parse(argv)
    .opts<{ quick: boolean; rounds?: number; cases?: string[]; node: string; output?: string }>();
  const plan = given.quick ? quickPlan : fullPlan;
  return {
    plan: { ...plan, rounds: given.rounds ?? plan.rounds },
    cases: given.cases ?? names,
    node: given.node,
    // pnpm changes to the folder of the app and says where the user was.
    output: given.output && resolve(process.env["INIT_CWD"] ?? "", given.output),
  };
}

function count(value: string): number {
  const rounds = Number(value);
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError("Give 1 or more.");
  return rounds;
}

function list(known: readonly string[]): (value: string) => string[] {
  return (value) => {
    const chosen = value.split(",");
    const unknown = chosen.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`There is no case ${unknown}.`);
    return chosen;
  };
}
