import type { Serialization } from "../serialization/serialization.ts";
import type { Batch } from "./batch.ts";
import { eventsOf } from "./carried-events.ts";
import type { Remains } from "./lane.ts";
import { type Lost, Remnants } from "./lost.ts";

/** What a session that is over has never sent, and the next one may carry. */
export interface Unsent {
  readonly batches: readonly Batch[];
  /** What is lost besides, if another session carries them: events with streams, and what may have arrived. */
  readonly rest: Lost | undefined;
  /** What is lost if none does. */
  readonly lost: Lost;
}

/** What can be carried of what is left of a session; `undefined` if nothing can. */
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
