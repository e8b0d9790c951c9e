import { Buffer } from "node:buffer";
import { decodeFrame } from "@ipc/framing";
import type { Serialization } from "../serialization/serialization.ts";
import type { Batch } from "./batch.ts";

/** An event that did not arrive, or may not have. */
export interface LostEvent {
  readonly event: string;
  readonly data: unknown;
}

/** What this side emitted in a session that is over, and the peer did not acknowledge. Calls fail by themselves. */
export interface Lost {
  /** Events that surely did not arrive, oldest first. */
  readonly unsent: readonly LostEvent[];
  /** Events that may have arrived, oldest first. */
  readonly unconfirmed: readonly LostEvent[];
}

/** What is left of a session in the form in which it was to leave; read when somebody asks. */
export class Remnants implements Lost {
  readonly #unsent: readonly Batch[];
  readonly #unconfirmed: readonly Batch[];

  constructor(unsent: readonly Batch[], unconfirmed: readonly Batch[]) {
    this.#unsent = unsent;
    this.#unconfirmed = unconfirmed;
  }

  /** True if nothing is left. */
  get empty(): boolean {
    return this.#unsent.length === 0 && this.#unconfirmed.length === 0;
  }

  get unsent(): readonly LostEvent[] {
    return this.#unsent.flatMap(readEvents);
  }

  get unconfirmed(): readonly LostEvent[] {
    return this.#unconfirmed.flatMap(readEvents);
  }
}

/** The ids of the calls in batches. */
export function callIdsIn(batches: readonly Batch[]): ReadonlySet<number> {
  const ids = batches.flatMap(readMessages).flatMap(({ message }) => {
    const id: unknown = Array.isArray(message) ? message[0] : undefined;
    return typeof id === "number" ? [id] : [];
  });
  return new Set(ids);
}

/** The batches with their events alone: a call, a reply or a cancellation means nothing in another session. */
export function eventsOnly(batches: readonly Batch[]): readonly Batch[] {
  return batches.flatMap((batch) => {
    if (batch.messages === 0) return [];
    if (batch.messages === 1) return readEvents(batch).length === 1 ? [batch] : [];
    const lines = textOf(batch).split("\n");
    const events = lines.filter((line) => line.startsWith('["'));
    if (events.length === 0) return [];
    const bytes = Buffer.from(`${events.join("\n")}\n`);
    return [{ chunks: [bytes], size: bytes.length, messages: events.length }];
  });
}

function readEvents(batch: Batch): readonly LostEvent[] {
  return readMessages(batch).flatMap(({ message, attachments }) => {
    if (!Array.isArray(message) || typeof message[0] !== "string") return [];
    const data: unknown = message[1];
    return [
      { event: message[0], data: attachments === undefined ? data : restoreAttachments(data, attachments) },
    ];
  });
}

interface Message {
  readonly message: unknown;
  readonly attachments: readonly Buffer[] | undefined;
}

// What is read here this side has written: nothing of it can be malformed.
function readMessages(batch: Batch): readonly Message[] {
  if (batch.messages !== 1) {
    const lines = textOf(batch).split("\n").slice(0, -1);
    return lines.map((line) => ({ message: JSON.parse(line), attachments: undefined }));
  }
  const { text, attachments } = decodeFrame(batch.chunks.map(asBytes), {
    maxFrameBytes: Math.max(1, batch.size),
    maxAttachments: 65_536,
  });
  return [
    { message: JSON.parse(text), attachments: attachments.length > 0 ? attachments : undefined },
  ];
}

function textOf(batch: Batch): string {
  return Buffer.concat(batch.chunks.map(asBytes)).toString("utf8");
}

function asBytes(chunk: string | Uint8Array): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}
