import { Buffer } from "node:buffer";
import { decodeFrame } from "@ipc/framing";
import { asNotReadable } from "../serialization/encoding-error.ts";
import type { Serialization } from "../serialization/serialization.ts";
import { asBytes, type Batch, batchLines, identify } from "./batch.ts";

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
  /** Events that surely did not arrive, those of each lane oldest first. */
  readonly unsent: readonly LostEvent[];
  /** Events that may have arrived, those of each lane oldest first. */
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
  for (const line of batchLines(batch)) if (isEvent(line)) return true;
  return false;
}

function isEvent(line: Uint8Array): boolean {
  return typeof identify(line) === "string";
}

// All that is read here this side has written: nothing of it can be malformed.
function readEvents(batch: Batch, serialization: Serialization): readonly LostEvent[] {
  if (!holdsEvent(batch)) return [];
  if (batch.messages === 1) return [readWhole(batch, serialization)];
  const events: LostEvent[] = [];
  for (const line of batchLines(batch)) {
    if (!isEvent(line)) continue;
    events.push(parse(Buffer.from(line).toString("utf8"), [], serialization));
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
