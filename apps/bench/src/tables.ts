import Table from "cli-table3";
import pc from "picocolors";
import { cpuMetric, type CaseResult, type MeasuredRow } from "./case-result.ts";
import type { Metric } from "./case.ts";
import { formatMetric, formatRatios, formatValues } from "./format.ts";
import { plain, secure } from "./goal.ts";
import type { LimitResult } from "./measure-limits.ts";
import type { Result } from "./result.ts";
import { ratioSpread } from "./spread.ts";

/** A style without colours: those in the cells are findings, and a file gets none. */
const style = { head: [], border: [], compact: true };

/** Describes the run and its machine. */
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

/** The table of the limits of every contender. */
export function limitsTable(limits: readonly LimitResult[]): string {
  const table = new Table({ head: ["limits of this machine", ""], style });
  for (const { title, values } of limits) table.push([title, formatValues(values)]);
  return table.toString();
}

/** The table of one case: the values of each row, or a dash and the reason; then our ratios to it. */
export function caseTable({ title, metrics, rows }: CaseResult): string {
  const ours = [plain, secure].flatMap((name) => {
    const row = rows.find((candidate) => candidate.name === name);
    return row !== undefined && "rounds" in row ? [row] : [];
  });
  const compared = metrics.filter((metric, place) => place === 0 || metric === cpuMetric);
  const ratios = ours.flatMap((own) => compared.map((metric) => ({ own, metric })));
  const heads = ratios.map(
    ({ own, metric }) => `${own.name.replace(" ", "\n")}\n÷ it: ${formatMetric(metric)}`,
  );
  const table = new Table({ head: [title, ...metrics.map(formatMetric), ...heads], style });
  for (const row of rows) {
    if ("reason" in row) {
      const colSpan = metrics.length + ratios.length;
      table.push([row.name, { content: `- ${row.reason}`, colSpan }]);
      continue;
    }
    const values = metrics.map(({ key }) => {
      const measured = row.values[key];
      return measured === undefined ? "" : formatValues(measured);
    });
    table.push([row.name, ...values, ...ratios.map(({ own, metric }) => ratio(own, row, metric))]);
  }
  return table.toString();
}

function ratio(own: MeasuredRow, other: MeasuredRow, { key, better }: Metric): string {
  if (own === other || other.values[key] === undefined) return "";
  const column = ({ rounds }: MeasuredRow): number[] => rounds.map((round) => round[key] ?? 0);
  return formatRatios(ratioSpread(column(own), column(other)), better);
}

/** Every goal, and how far it was reached. */
export function goalTable({ cases }: Result): string {
  const table = new Table({ head: ["goal", "wanted", "measured", "reached"], style });
  for (const { title, metrics, goals } of cases) {
    if (goals.length > 0) table.push([{ content: pc.bold(title), colSpan: 4 }]);
    for (const { of, metric: key, against, by, bound, measured, reached } of goals) {
      const metric = metrics.find((candidate) => candidate.key === key);
      if (metric === undefined) continue;
      const sign = by === "difference" ? "-" : "÷";
      const name = against === undefined ? of : `${of} ${sign} ${against}`;
      table.push([
        `  ${name}: ${metric.title}`,
        `${metric.better === "lower" ? "≤" : "≥"} ${bound}`,
        against === undefined || by === "difference"
          ? formatValues(measured)
          : formatRatios(measured, metric.better),
        reached ? pc.green("yes") : pc.red("no"),
      ]);
    }
  }
  return table.toString();
}
