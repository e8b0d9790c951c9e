import { ProtocolError } from "../error.ts";
import { isLane, laneCount } from "./lanes.ts";

/** How one event goes. */
export interface EmitOptions {
  /**
   * The lane, a whole number from 0 to 7; default 0. Order is kept within a lane, and what is on one
   * does not wait for a large message on another.
   */
  readonly lane?: number | undefined;
  /** Milliseconds after which the event is dropped if it has not been sent by then. Default: never. */
  readonly ttl?: number | undefined;
  /** Drop the event at once unless it can leave now. Default false. */
  readonly volatile?: boolean | undefined;
  /** Of the events with this key that wait to be sent, only the newest is kept. */
  readonly conflate?: string | undefined;
}

/** Throws `IPC_INVALID_OPTION` for options out of their ranges. */
export function checkEmitOptions({ lane, ttl, volatile, conflate }: EmitOptions): void {
  if (lane !== undefined && !isLane(lane)) {
    throw invalid("lane", `a whole number from 0 to ${laneCount - 1}`);
  }
  if (ttl !== undefined && !(typeof ttl === "number" && ttl >= 0)) {
    throw invalid("ttl", "a number of milliseconds of at least 0");
  }
  if (volatile !== undefined && typeof volatile !== "boolean") {
    throw invalid("volatile", "a boolean");
  }
  if (conflate !== undefined && typeof conflate !== "string") {
    throw invalid("conflate", "a string");
  }
}

function invalid(option: string, range: string): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_OPTION",
    "caller",
    `The option ${option} of an emit is ${range}.`,
    { context: { option } },
  );
}
