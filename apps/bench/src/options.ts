import { Command, InvalidArgumentError } from "commander";
import { resolve } from "node:path";
import { baselineNames, setBaseline } from "./baseline.ts";
import { cases } from "./cases.ts";
import { contenders } from "./contenders.ts";
import { fullPlan, quickPlan, type Plan } from "./plan.ts";

/** The options of the command line. */
export interface Options {
  plan: Plan;
  /** Names of the cases to run. */
  cases: string[];
  /** Names of the contenders that take part. */
  contenders: string[];
  /** `newest`, `current` or a path. */
  node: string;
  /** The path of the result file, if one is wanted. */
  output: string | undefined;
  /** The path of the chart, if one is wanted. */
  chart: string | undefined;
}

interface Given {
  quick: boolean;
  rounds?: number;
  cases?: string[];
  contenders?: string[];
  baseline?: string;
  node: string;
  output?: string;
  chart?: string;
}

/** Reads the command line; prints a message and exits if it makes no sense or asks for help. */
export function readOptions(argv: readonly string[]): Options {
  const caseNames = cases.map(({ name }) => name);
  const contenderNames = contenders.map(({ name }) => name);
  const given = new Command("bench")
    .description("Measures ipc-eventer beside hand-written floors and its peers.")
    .option("--quick", "a smoke run of some seconds; its numbers say little", false)
    .option("--rounds <count>", "rounds that count, of each contender in each case", count)
    .option("--cases <names>", `only these: ${caseNames.join(",")}`, list("case", caseNames))
    .option(
      "--contenders <names>",
      `only these: ${contenderNames.join(",")}`,
      list("contender", contenderNames),
    )
    .option(
      "--baseline <folder>",
      "another build of ipc-eventer beside this one: the folder of the package, installed or built",
    )
    .option("--node <which>", "newest (brought along), current, or the path of a node", "newest")
    .option("--output <file>", "write the whole result to this JSON file")
    .option("--chart <file>", "draw the result into this SVG file")
    .parse(argv)
    .opts<Given>();
  const plan = given.quick ? quickPlan : fullPlan;
  const baseline = fromHere(given.baseline);
  if (baseline !== undefined) setBaseline(baseline);
  const isBaseline = (name: string): boolean => baselineNames.includes(name);
  return {
    plan: { ...plan, rounds: given.rounds ?? plan.rounds },
    cases: given.cases ?? usualCases(given.quick),
    contenders: [
      ...(given.contenders ?? contenderNames).filter((name) => !isBaseline(name)),
      ...contenderNames.filter((name) => isBaseline(name) && baseline !== undefined),
    ],
    node: given.node,
    output: fromHere(given.output),
    chart: fromHere(given.chart),
  };
}

function usualCases(quick: boolean): string[] {
  return cases
    .filter(({ only }) => only === undefined || (only === "full" && !quick))
    .map(({ name }) => name);
}

/** pnpm changes to the folder of the app and says where the user was. */
function fromHere(file: string | undefined): string | undefined {
  return file && resolve(process.env["INIT_CWD"] ?? "", file);
}

function count(value: string): number {
  const rounds = Number(value);
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError("Give 1 or more.");
  return rounds;
}

function list(what: string, known: readonly string[]): (value: string) => string[] {
  return (value) => {
    const chosen = value.split(",");
    const unknown = chosen.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`There is no ${what} ${unknown}.`);
    return chosen;
  };
}
