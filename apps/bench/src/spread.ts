import { max, median, min } from "simple-statistics";

/** Several measurements of one thing: the middle one and how far they lie apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The spread of measurements, of which there must be at least one. */
export function spread(values: readonly number[]): Spread {
  const numbers = [...values];
  return { median: median(numbers), min: min(numbers), max: max(numbers) };
}

/**
 * The spread of the ratios of two contenders, round by round: a machine that slows down slows both
 * sides of a round, which leaves the ratio alone.
 */
export function ratioSpread(values: readonly number[], others: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (others[round] ?? Number.NaN)));
}
