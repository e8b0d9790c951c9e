import { writeFileSync } from "node:fs";
import pc from "picocolors";
import { cases } from "./cases.ts";
import { drawChart } from "./chart.ts";
import { contenders, versionOf } from "./contenders.ts";
import { closeLab, openLab } from "./lab.ts";
import { describeMachine } from "./machine.ts";
import { measureLimits } from "./measure-limits.ts";
import { readOptions, type Options } from "./options.ts";
import type { Result } from "./result.ts";
import { runCase } from "./run-case.ts";
import { setStage } from "./stage.ts";
import { caseTable, goalTable, headline, limitsTable } from "./tables.ts";

try {
  const failures = await bench(readOptions(process.argv));
  for (const failure of failures) console.error(pc.red(failure));
  process.exitCode = failures.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error);
  // The exit ends the children too.
  process.exit(1);
}

/** Runs everything; resolves with what has failed, in words. */
async function bench(options: Options): Promise<readonly string[]> {
  const { plan } = options;
  const machine = describeMachine();
  const stage = setStage(options.node);
  const entries = contenders.filter(({ name }) => options.contenders.includes(name));
  const lab = await openLab(entries, stage);
  const result: Result = {
    started: new Date().toISOString(),
    machine,
    node: stage.node.version,
    plan,
    contenders: entries.map((entry) => ({ name: entry.name, version: versionOf(entry) })),
    limits: await measureLimits(lab.limits, plan),
    cases: [],
  };
  console.log(headline(result));
  console.log(limitsTable(result.limits));
  for (const benchCase of cases.filter(({ name }) => options.cases.includes(name))) {
    const caseResult = await runCase(benchCase, lab, plan);
    result.cases.push(caseResult);
    console.log(caseTable(caseResult));
  }
  await closeLab(lab);
  console.log(goalTable(result));
  if (options.output !== undefined) save(options.output, `${JSON.stringify(result, null, 2)}\n`);
  if (options.chart !== undefined) save(options.chart, drawChart(result));
  return lab.failures;
}

function save(file: string, content: string): void {
  writeFileSync(file, content);
  console.log(pc.dim(`Written: ${file}`));
}
