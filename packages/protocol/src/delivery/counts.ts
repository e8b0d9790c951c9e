import { laneCount } from "./lanes.ts";

/** Tell whether a value from the wire is a list of counts, one for each lane from 0 on. */
export function isCounts(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.length >= 1 && value.length <= laneCount && value.every(isCount)
  );
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
