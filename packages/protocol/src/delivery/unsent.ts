import type { Serialization } from "../serialization/serialization.ts";
import type { Batch } from "./batch.ts";
import { eventsOf } from "./carried-events.ts";
import type { Remains } from "./lane.ts";
import { type Lost, Remnants } from "./lost.ts";

/** The messages that a session which is over has never sent, and that the next one may carry. */
export interface Unsent {
  readonly batches: readonly Batch[];
  /**
   * The events that are lost even if another session carries these: those with streams, and those that may
   * have arrived.
   */
  readonly rest: Lost | undefined;
  /** The events that are lost if none does. */
  readonly lost: Lost;
}

/** The messages among the remains of a session that can be carried; `undefined` if none can. */
export function unsentOf(
  { unsent, unconfirmed }: Remains,
  serialization: Serialization,
): Unsent | undefined {
  const batches = eventsOf(unsent);
  if (batches.length === 0) return undefined;
  const bound = unsent.filter(({ cargo }) => cargo !== undefined);
  const rest = new Remnants(bound, unconfirmed, serialization);
  const lost = new Remnants(batches, [], serialization);
  return { batches, rest: rest.empty ? undefined : rest, lost };
}
