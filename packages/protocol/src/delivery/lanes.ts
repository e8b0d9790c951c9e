/**
 * Lanes of a session, a constant of the wire: order is kept within one, and messages of one do not
 * wait for a large message of another. Everything is on lane 0 unless its sender says otherwise.
 */
export const laneCount = 8;

/** Tell whether a value names a lane. */
export function isLane(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < laneCount;
}
