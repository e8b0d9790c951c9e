import { Buffer } from "node:buffer";
import { decodeFrame } from "@ipc/framing";
import { asNotReadable } from "../serialization/encoding-error.ts";
import type { Serialization } from "../serialization/serialization.ts";
import type { ProtocolError } from "../error.ts";
import { type DeclaredLimits, forbiddenBy } from "../limits.ts";
import { asBytes, type Batch, keepIn, messagesIn } from "./batch.ts";
import type { Remains } from "./send-queue.ts";

/** An event that did not arrive, or may not have. */
export interface LostEvent {
  readonly event: string;
  readonly data: unknown;
}

/**
 * The events that this side emitted in a session that is over, and that the peer did not acknowledge. Calls
 * fail by themselves.
 */
export interface Lost {
  /** Events that surely did not arrive, oldest first. */
  readonly unsent: readonly LostEvent[];
  /** Events that may have arrived, oldest first. */
  readonly unconfirmed: readonly LostEvent[];
}

/** The messages left of a session, in the form in which they were to leave; read when they are asked for. */
export class Remnants implements Lost {
  readonly #unsent: readonly Batch[];
  readonly #unconfirmed: readonly Batch[];
  readonly #serialization: Serialization;

  constructor(
    unsent: readonly Batch[],
    unconfirmed: readonly Batch[],
    serialization: Serialization,
  ) {
    this.#serialization = serialization;
    this.#unsent = unsent;
    this.#unconfirmed = unconfirmed;
  }

  /** True if no event is left. */
  get empty(): boolean {
    return !this.#unsent.some(holdsEvent) && !this.#unconfirmed.some(holdsEvent);
  }

  get unsent(): readonly LostEvent[] {
    return this.#unsent.flatMap((batch) => readEvents(batch, this.#serialization));
  }

  get unconfirmed(): readonly LostEvent[] {
    return this.#unconfirmed.flatMap((batch) => readEvents(batch, this.#serialization));
  }
}

/** The value in the place of a stream that is over. */
const noStreams = { find: (): object => ({}) };

function holdsEvent(batch: Batch): boolean {
  for (const { kind } of messagesIn(batch)) if (kind === "event") return true;
  return false;
}

// All that is read here this side has written: nothing of it can be malformed.
function readEvents(batch: Batch, serialization: Serialization): readonly LostEvent[] {
  const events: LostEvent[] = [];
  for (const { kind, bytes } of messagesIn(batch)) {
    if (kind !== "event") continue;
    if (batch.messages === 1) return [readWhole(batch, serialization)];
    events.push(parse(bytes.toString("utf8"), [], serialization));
  }
  return events;
}

function readWhole(batch: Batch, serialization: Serialization): LostEvent {
  const { text, attachments } = decodeFrame(batch.chunks.map(asBytes), {
    maxFrameBytes: Math.max(1, batch.size),
    maxAttachments: 65_536,
  });
  return parse(text, attachments, serialization);
}

/** Reads data that the own side has written; `undefined` if its codec does not read what it writes. */
function readOwn(
  json: unknown,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
): unknown {
  try {
    return serialization.decode(json, text, attachments, noStreams);
  } catch (error) {
    asNotReadable(error);
    return undefined;
  }
}

function parse(
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
): LostEvent {
  const message: unknown = JSON.parse(text);
  const parts: readonly unknown[] = Array.isArray(message) ? message : [];
  const data = readOwn(parts[1], text, attachments, serialization);
  return { event: String(parts[0]), data };
}

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

/**
 * The batches with their events alone: a call, a reply, a cancellation or a stream means nothing in another
 * session.
 */
export function eventsOf(batches: readonly Batch[]): readonly Batch[] {
  const free = batches.filter(({ cargo }) => cargo === undefined);
  return free.flatMap((batch) => keepIn(batch, ({ kind }) => kind === "event") ?? []);
}

/** The batch with what the limits of another peer allow, `undefined` if that is nothing; what they forbid is told. */
export function allowedBy(
  peer: DeclaredLimits,
  batch: Batch,
  tell: (error: ProtocolError) => void,
): Batch | undefined {
  if (batch.size <= peer.message && batch.chunks.length <= 1) return batch;
  return keepIn(batch, ({ extent }) => {
    const error = forbiddenBy(peer, extent);
    if (error !== undefined) tell(error);
    return error === undefined;
  });
}
