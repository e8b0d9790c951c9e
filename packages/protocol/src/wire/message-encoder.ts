import { Buffer } from "node:buffer";
import { encodeFrame } from "@ipc/framing";
import { checkLimits, type SessionLimits, sharedFromBytes } from "../limits.ts";
import { notEncodable, notEncodableAt } from "../serialization/encoding-error.ts";
import { ProtocolError } from "../error.ts";
import type { Batch } from "../outbox/batch.ts";
import { assertEventName } from "./event-name.ts";
import { JsonSerialization } from "../serialization/json-serialization.ts";
import type { EncodedData, Serialization } from "../serialization/serialization.ts";
import { type OutgoingStream, notSendable } from "../streams/streamable.ts";
import { encodeStreamValue } from "../streams/stream-message.ts";

/** Event names whose JSON text is kept; programs have few names, and a hostile one cannot fill memory. */
const keptNames = 256;

/** The streams of most messages. */
const noStreams: readonly OutgoingStream[] = [];

/** One message in its wire form that is more than a short line, encoded once however many sessions send it. */
export class EncodedMessage {
  /** The event's name; empty for a message that is no event. */
  readonly name: string;
  /** The line, LF included. */
  readonly line: string;
  readonly attachments: readonly Buffer[];
  /** The streams in it, which have their ids. */
  readonly streams: readonly OutgoingStream[];
  /** Bytes of text and attachments, as the message limits count them. */
  readonly size: number;
  /** Bytes of the whole frame. */
  readonly frameSize: number;
  #batch: (Batch & Pick<WholeMessage, "chunks">) | undefined;

  constructor(
    line: string,
    attachments: readonly Buffer[],
    name = "",
    streams: readonly OutgoingStream[] = noStreams,
  ) {
    this.name = name;
    this.line = line;
    this.attachments = attachments;
    this.streams = streams;
    let size = Buffer.byteLength(line) - 1;
    for (const attachment of attachments) size += attachment.length;
    this.size = size;
    this.frameSize = headerOf(attachments).length + size + 1;
  }

  /** The message as it is in flight, made at the first call and shared by all sessions. */
  get batch(): Batch & Pick<WholeMessage, "chunks"> {
    const { attachments, frameSize: size } = this;
    this.#batch ??= {
      chunks:
        attachments.length === 0
          ? [Buffer.from(this.line)]
          : encodeFrame(this.line.slice(0, -1), attachments),
      size,
      messages: 1,
    };
    return this.#batch;
  }

  /** The frame's bytes, shared by all sessions. */
  get chunks(): readonly Uint8Array[] {
    return this.batch.chunks;
  }
}

/** Numbers the streams of a session. */
export interface StreamIds {
  /** The id of one more stream. */
  takeId(): number;
}

/** Numbers the calls of a session. */
export interface CallIds {
  /** The id that the next call will have. */
  readonly nextId: number;
}

/**
 * Turns events, calls and replies into messages, within the caller's own limits.
 *
 * One encoder serves all sessions of an endpoint. A message without attachments and streams stays a string, its
 * line with the LF; any other is an `EncodedMessage`.
 */
export class MessageEncoder {
  /** Writes the data of messages, and reads it again. */
  readonly serialization: Serialization;
  readonly #limits: SessionLimits;
  readonly #names = new Map<string, string>();

  /** Throws `IPC_INVALID_OPTION` for a limit out of its range. */
  constructor(limits: SessionLimits, serialization: Serialization = new JsonSerialization()) {
    checkLimits(limits);
    this.#limits = limits;
    this.serialization = serialization;
  }

  /**
   * An event. Throws at the caller: `IPC_RESERVED_EVENT`, `IPC_NOT_ENCODABLE`, `IPC_TOO_DEEP`,
   * `IPC_TOO_MANY_ATTACHMENTS`, `IPC_MESSAGE_TOO_LARGE`, `IPC_STREAM_NOT_SENDABLE`. Streams can only be in it if
   * there are ids for them.
   */
  event(event: string, data: unknown, streams?: StreamIds): string | EncodedMessage {
    const opening = this.#names.get(event) ?? this.#opening(event);
    const encoded = this.serialization.encode(data);
    return this.#message(eventLine(opening, encoded), encoded, event, streams);
  }

  /** The event as bytes, for several sessions unless it has streams. Throws as `event` does. */
  encode(event: string, data: unknown, streams?: StreamIds): EncodedMessage {
    const message = this.event(event, data, streams);
    return typeof message === "string" ? new EncodedMessage(message, [], event) : message;
  }

  /**
   * A call. Throws as `event` does. The id is asked for once the data is encoded: a `toJSON` in it may have made a
   * call of its own.
   */
  call(ids: CallIds, event: string, data: unknown, streams?: StreamIds): string | EncodedMessage {
    const rest = (this.#names.get(event) ?? this.#opening(event)).slice(1);
    const encoded = this.serialization.encode(data);
    return this.#message(eventLine(`[${ids.nextId},${rest}`, encoded), encoded, "", streams);
  }

  /** A call but for its id, for several sessions. Throws as `event` does. */
  encodeCall(event: string, data: unknown): EncodedCall {
    const rest = (this.#names.get(event) ?? this.#opening(event)).slice(1);
    const encoded = this.serialization.encode(data);
    const message = this.#message(eventLine(rest, encoded), encoded, "");
    const call =
      typeof message === "string"
        ? new EncodedCall(event, message, [])
        : new EncodedCall(event, message.line, message.attachments);
    // No session has a shorter id.
    if (!call.isSmall) this.assertWithin(call.message(1));
    return call;
  }

  /** A reply. Throws as `event` does, names apart. */
  reply(id: number, data: unknown, streams?: StreamIds): string | EncodedMessage {
    const encoded = this.serialization.encode(data);
    const text = textOf(encoded);
    const rest = text === undefined ? "" : `,"data":${text}`;
    return this.#message(`{"reply":{"id":${id}${rest}}}\n`, encoded, "", streams);
  }

  /** A value of a stream. Throws as `event` does, names apart. */
  streamValue(id: number, value: unknown): EncodedMessage {
    const encoded = value === null ? undefined : this.serialization.encode(value);
    const text = textOf(encoded);
    if (text === undefined) throw notEncodable("null and undefined are no values of a stream");
    if (text === "null") throw writtenAsNull();
    return asEncoded(this.#message(encodeStreamValue(id, text), encoded, ""));
  }

  /** Throws `IPC_TOO_MANY_ATTACHMENTS` and `IPC_MESSAGE_TOO_LARGE` for a message beyond the own limits. */
  assertWithin({ attachments, size }: Pick<WholeMessage, "attachments" | "size">): void {
    const { maxAttachments, maxMessageBytes } = this.#limits;
    if (attachments.length > maxAttachments) {
      throw new ProtocolError(
        "IPC_TOO_MANY_ATTACHMENTS",
        "caller",
        `The message has ${attachments.length} binary values; the limit is ${maxAttachments} (maxAttachments).`,
        { context: { attachments: attachments.length, limit: maxAttachments } },
      );
    }
    if (size > maxMessageBytes) {
      throw new ProtocolError(
        "IPC_MESSAGE_TOO_LARGE",
        "caller",
        `The message takes ${size} bytes; the limit is ${maxMessageBytes} (maxMessageBytes).`,
        { context: { size, limit: maxMessageBytes } },
      );
    }
  }

  /**
   * The message of a line and of what its data has besides text, if it is within the limits. Its streams have
   * their ids only now: a `toJSON` in the data may have sent something of its own.
   */
  #message(
    line: string,
    encoded: EncodedData | string | undefined,
    name: string,
    ids?: StreamIds,
  ): string | EncodedMessage {
    if (typeof encoded !== "object") {
      // A UTF-16 unit is at most three bytes of UTF-8: small lines need no exact count.
      if (line.length * 3 <= this.#limits.maxMessageBytes) return line;
      this.assertWithin(new EncodedMessage(line, []));
      return line;
    }
    const { attachments, streams } = encoded;
    if (streams.length > 0) {
      if (ids === undefined) throw notSendable("would have several readers, or is within a stream");
      for (const stream of streams) stream.number(ids.takeId());
    }
    const message = new EncodedMessage(line, attachments, name, streams);
    this.assertWithin(message);
    return message;
  }

  #opening(event: string): string {
    assertEventName(event);
    const opening = `[${JSON.stringify(event)}`;
    if (this.#names.size < keptNames && event.length <= 64) this.#names.set(event, opening);
    return opening;
  }
}

/** The header of a frame; empty for one without attachments. */
function headerOf(attachments: readonly Buffer[]): string {
  return attachments.length === 0 ? "" : `*${attachments.map(({ length }) => length).join(",")} `;
}

/** The text of data; `undefined` if there is no data. */
function textOf(encoded: EncodedData | string | undefined): string | undefined {
  return typeof encoded === "object" ? encoded.text : encoded;
}

/** The line of an event or call, LF included. */
function eventLine(opening: string, encoded: EncodedData | string | undefined): string {
  const text = textOf(encoded);
  return text === undefined ? `${opening}]\n` : `${opening},${text}]\n`;
}

/** A message as bytes, whatever it is. */
export function asEncoded(message: string | EncodedMessage): EncodedMessage {
  return typeof message === "string" ? new EncodedMessage(message, []) : message;
}

/** NaN, an infinite number, an invalid date: a reader would take them for no value at all. */
function writtenAsNull(): ProtocolError {
  return notEncodableAt(
    [],
    "is a value of a stream that JSON writes as null, such as NaN, which is no value of a stream",
    'Send an object with it, or give both sides the option serialization: advanced, from "ipc-eventer/advanced".',
  );
}

/** A whole message as it is queued alone. */
export interface WholeMessage {
  /** Bytes of text and attachments, as the message limits count them. */
  readonly size: number;
  readonly attachments: readonly Uint8Array[];
  /** The frame's bytes. */
  readonly chunks: readonly Uint8Array[];
  /** Bytes of the whole frame. */
  readonly frameSize: number;
}

/**
 * One call in its wire form but for its id, encoded once however many sessions make it:
 *
 * ```
 *   [ id , "event",data] LF
 *          └── rest ──────┘
 * ```
 */
export class EncodedCall {
  readonly event: string;
  /** The text behind the id and its comma, LF included. */
  readonly rest: string;
  readonly #attachments: readonly Buffer[];
  /** Bytes of the rest without LF, and of the attachments. */
  readonly #size: number;
  #restBytes: Buffer | undefined;

  constructor(event: string, rest: string, attachments: readonly Buffer[]) {
    this.event = event;
    this.rest = rest;
    this.#attachments = attachments;
    let size = Buffer.byteLength(rest) - 1;
    for (const attachment of attachments) size += attachment.length;
    this.#size = size;
  }

  /** True if it is all text, and so short that it is cheaper to copy than to share. */
  get isSmall(): boolean {
    return this.#attachments.length === 0 && this.#size < sharedFromBytes;
  }

  /** The line under an id, LF included; the attachments are not in it. */
  line(id: number): string {
    return `[${id},${this.rest}`;
  }

  /** The message under an id. Its bytes behind the id are made once and shared by all sessions. */
  message(id: number): WholeMessage {
    const attachments = this.#attachments;
    const opening = `[${id},`;
    const header = headerOf(attachments);
    this.#restBytes ??= Buffer.from(this.rest);
    const chunks = [Buffer.from(header + opening), this.#restBytes, ...attachments];
    const size = opening.length + this.#size;
    return { size, attachments, chunks, frameSize: header.length + size + 1 };
  }
}
