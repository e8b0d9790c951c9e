import { Buffer } from "node:buffer";
import type { Serialization } from "../serialization/serialization.ts";
import { type Batch, batchLines, identify } from "./batch.ts";
import type { Remains } from "./lane.ts";
import { type Lost, Remnants } from "./lost.ts";
import type { ProtocolError } from "../error.ts";
import { type DeclaredLimits, forbiddenBy } from "../limits.ts";

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

const star = 0x2a;
const comma = 0x2c;
const space = 0x20;

/**
 * The batches with their events alone: a call, a reply, a cancellation or a stream means nothing in another
 * session.
 */
export function eventsOf(batches: readonly Batch[]): readonly Batch[] {
  const free = batches.filter(({ cargo }) => cargo === undefined);
  return free.flatMap((batch) => keep(batch, (line) => typeof identify(line) === "string"));
}

/** The batch with what the limits of another peer allow; what they forbid is told. */
export function allowedBy(
  peer: DeclaredLimits,
  batch: Batch,
  tell: (error: ProtocolError) => void,
): readonly Batch[] {
  if (batch.size <= peer.message && batch.chunks.length <= 1) return [batch];
  return keep(batch, (line) => {
    const error = forbiddenBy(
      peer,
      batch.messages === 1 ? extentOf(batch, line) : bareExtent(line),
    );
    if (error !== undefined) tell(error);
    return error === undefined;
  });
}

function keep(batch: Batch, wanted: (line: Uint8Array) => boolean): readonly Batch[] {
  const lines = [...batchLines(batch)];
  const kept = lines.filter(wanted);
  if (kept.length === lines.length) return lines.length > 0 ? [batch] : [];
  if (kept.length === 0) return [];
  const bytes = Buffer.concat(kept);
  return [{ chunks: [bytes], size: bytes.length, messages: kept.length, lane: batch.lane }];
}

/** Bytes that the message limits count of a line: all but its LF. */
function bareExtent(line: Uint8Array): { size: number; attachments: number } {
  return { size: line.length - 1, attachments: 0 };
}

/** Bytes that the message limits count of a whole message, its header left aside. */
function extentOf(batch: Batch, first: Uint8Array): { size: number; attachments: number } {
  if (first[0] !== star) return { size: batch.size - 1, attachments: 0 };
  const end = first.indexOf(space);
  const attachments = first.subarray(0, end).filter((byte) => byte === comma).length + 1;
  return { size: batch.size - end - 2, attachments };
}
