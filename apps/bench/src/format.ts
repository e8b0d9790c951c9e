import pc from "picocolors";
import type { Metric } from "./case.ts";
import type { Spread } from "./spread.ts";

const threeDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A spread of measurements in three digits: the median, and below it the lowest and the highest. */
export function formatValues({ median, min, max }: Spread): string {
  const range = `${threeDigits.format(min)} … ${threeDigits.format(max)}`;
  return `${threeDigits.format(median)}\n${pc.dim(range)}`;
}

/**
 * A spread of ratios: green if every single round was better than what it is compared with, red if
 * every one was worse.
 */
export function formatRatios({ median, min, max }: Spread, better: Metric["better"]): string {
  const text = `${median.toFixed(2)} ${pc.dim(`(${min.toFixed(2)} … ${max.toFixed(2)})`)}`;
  if (max < 1) return better === "lower" ? pc.green(text) : pc.red(text);
  if (min > 1) return better === "lower" ? pc.red(text) : pc.green(text);
  return text;
}
