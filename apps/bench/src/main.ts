import { writeFileSync } from "node:fs";
import pc from "picocolors";
import { cases } from "./cases.ts";
import { contendersFor } from "./contenders.ts";
import { measureLimits } from "./limits.ts";
import { describeMachine } from "./machine.ts";
import { readOptions, type Options } from "./options.ts";
import { Pair } from "./pair.ts";
import type { Result } from "./result.ts";
import { runCase } from "./run-case.ts";
import { setStage } from "./stage.ts";
import { caseTable, headline, limitsTable, ratioTable } from "./tables.ts";

try {
  await bench(readOptions(process.argv));
} catch (error) {
  console.error(error);
  // The exit ends the children too.
  process.exit(1);
}

async function bench(options: Options): Promise<void> {
  const { plan } = options;
  const stage = setStage(options.node);
  const entries = contendersFor(stage.node.version);
  const result: Result = {
    started: new Date().toISOString(),
    machine: describeMachine(),
    node: stage.node.version,
    plan,
    contenders: entries.map(({ name, version }) => ({ name, version })),
    limits: await measureLimits(stage, plan),
    cases: [],
  };
  console.log(headline(result));
  console.log(limitsTable(result.limits));

  const pairs: Pair[] = [];
  for (const entry of entries) pairs.push(await Pair.start(entry, stage));
  for (const benchCase of cases.filter(({ name }) => options.cases.includes(name))) {
    const caseResult = await runCase(benchCase, pairs, plan);
    result.cases.push(caseResult);
    console.log(caseTable(caseResult));
  }
  await Promise.all(pairs.map((pair) => pair.end()));
  console.log(ratioTable(result));

  if (options.output !== undefined) {
    writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`);
    console.log(pc.dim(`The whole result is in ${options.output}`));
  }
}
