import pc from "picocolors";
import type { Metric } from "./case.ts";
import type { Spread } from "./spread.ts";

const threeDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A number in three digits. */
export function formatNumber(value: number): string {
  return threeDigits.format(value);
}

/** A spread of measurements in three digits: the median, and below it the lowest and the highest. */
export function formatValues({ median, min, max }: Spread): string {
  if (min === max) return formatNumber(median);
  return `${formatNumber(median)}\n${pc.dim(`${formatNumber(min)} … ${formatNumber(max)}`)}`;
}

/**
 * A spread of ratios: green if every single round was better than what it is compared with, red if
 * every one was worse.
 */
export function formatRatios({ median, min, max }: Spread, better: Metric["better"]): string {
  const range = pc.dim(`${min.toFixed(2)} … ${max.toFixed(2)}`);
  const good = better === "lower" ? max < 1 : min > 1;
  const bad = better === "lower" ? min > 1 : max < 1;
  const color = good ? pc.green : bad ? pc.red : String;
  return min === max ? color(median.toFixed(2)) : `${color(median.toFixed(2))}\n${range}`;
}

/** A metric's title and whether less or more of it is better. */
export function formatMetric({ title, better }: Metric): string {
  return `${title} ${better === "lower" ? "↓" : "↑"}`;
}
