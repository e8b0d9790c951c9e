import Table from "cli-table3";
import pc from "picocolors";
import type { CaseResult } from "./case-result.ts";
import { formatMetric, formatRatios, formatValues } from "./format.ts";
import type { Limits } from "./limits.ts";
import type { Result } from "./result.ts";
import type { Spread } from "./spread.ts";

/** No colours of the table's own: those in it are findings, and a file gets none. */
const style = { head: [], border: [], compact: true };

/** What ran, and on what. */
export function headline({ machine, node, contenders, plan }: Result): string {
  const names = contenders.map(({ name, version }) => `${name} ${version}`.trim()).join(", ");
  return [
    `Node.js ${node} on ${machine.platform} ${machine.arch}`,
    `${machine.processors} × ${machine.processor}, load ${machine.load.toFixed(2)}`,
    names,
    `${plan.rounds} rounds each, after ${plan.warmUps} to warm up: the median, below it lowest … highest`,
    "↓ less is better, ↑ more is better",
  ].join("\n");
}

/** What bounds every contender. */
export function limitsTable(limits: Limits): string {
  const table = new Table({ head: ["limits of this machine", "per second"], style });
  table.push(
    ["MB over a bare node:net connection", formatValues(inMegabytes(limits.bytesPerSecond))],
    ["JSON.stringify alone, 70 bytes", formatValues(limits.stringifiesPerSecond)],
    ["JSON.parse alone, 70 bytes", formatValues(limits.parsesPerSecond)],
  );
  return table.toString();
}

function inMegabytes({ median, min, max }: Spread): Spread {
  return { median: median / 1e6, min: min / 1e6, max: max / 1e6 };
}

/** One case: what each contender measured, or a dash and the reason. */
export function caseTable({ title, metrics, contenders }: CaseResult): string {
  const table = new Table({ head: [title, ...metrics.map(formatMetric)], style });
  for (const result of contenders) {
    if ("reason" in result) {
      table.push([result.contender, { content: `- ${result.reason}`, colSpan: metrics.length }]);
    } else {
      const cells = metrics.map(({ key }) => {
        const values = result.values[key];
        return values === undefined ? "-" : formatValues(values);
      });
      table.push([result.contender, ...cells]);
    }
  }
  return table.toString();
}

/** All ratios, of each contender to those named before it: the numbers to go by. */
export function ratioTable({ contenders, cases }: Result): string {
  const names = contenders.map(({ name }) => name);
  const columns = names.flatMap((name, place) =>
    names.slice(0, place).map((other) => ({ name, other })),
  );
  const heads = columns.map(({ name, other }) => `${name.replace(" ", "\n")}\n÷ ${other}`);
  const table = new Table({ head: ["", ...heads], style });
  for (const { title, metrics, contenders: results } of cases) {
    // With fewer than two contenders able to do it there is nothing to compare.
    if (results.filter((result) => "values" in result).length < 2) continue;
    table.push([{ content: pc.bold(title), colSpan: columns.length + 1 }]);
    for (const metric of metrics) {
      const cells = columns.map(({ name, other }) => {
        const result = results.find(({ contender }) => contender === name);
        if (result === undefined || "reason" in result) return "-";
        const ratios = result.ratios[other]?.[metric.key];
        return ratios === undefined ? "-" : formatRatios(ratios, metric.better);
      });
      table.push([`  ${formatMetric(metric)}`, ...cells]);
    }
  }
  return table.toString();
}
