import { Buffer } from "node:buffer";
import { batchOverhead } from "../outbox/batch.ts";
import { type ProtocolError, invalidMessage } from "../error.ts";
import { isReservedEvent, reportEvent, reservedByPeer } from "./event-name.ts";
import { parseJson } from "./json.ts";
import { parseCallId } from "../calls/reply.ts";
import { asNotReadable } from "../serialization/encoding-error.ts";
import type { Serialization } from "../serialization/serialization.ts";
import { cancelAll, type InboundStream } from "../streams/inbound-stream.ts";
import type { Acks } from "../outbox/acks.ts";
import type { Control } from "./control.ts";
import type { Calls } from "../calls/calls.ts";
import type { Inbox } from "../inbox.ts";
import type { Streams } from "../streams/streams.ts";

/**
 * Reads the messages that are arrays: events go into the inbox, calls to the calls.
 *
 * ```
 *   ["event"]  ["event",data]   an event
 *   [id,"event"]  [id,"event",data]   a call
 * ```
 */
export class EventReader {
  readonly #recipient: Recipient;
  readonly #serialization: Serialization;
  readonly #openings = new EventOpenings();

  constructor(serialization: Serialization, recipient: Recipient) {
    this.#serialization = serialization;
    this.#recipient = recipient;
  }

  /** Read one message. Throws a protocol error, which ends the session. */
  read(text: string, attachments: readonly Buffer[]): void {
    const known = this.#openings.find(text);
    const value = known === undefined ? undefined : readData(text, known);
    if (known === undefined || value === undefined) this.#readWhole(text, attachments);
    else this.#readEvent(known, value, text, attachments);
  }

  #readWhole(text: string, attachments: readonly Buffer[]): void {
    const message = parseJson(text);
    if (!Array.isArray(message)) throw invalidMessage("a malformed event");
    const name: unknown = message[0];
    if (typeof name !== "string") {
      this.#readCall(message, text, attachments);
      return;
    }
    if (message.length > 2) throw invalidMessage("a malformed event");
    if (!isReservedEvent(name)) {
      this.#readEvent(name, message[1], text, attachments);
      this.#openings.learn(text, name);
      return;
    }
    let report = reservedByPeer(name);
    try {
      this.#serialization.decode(message[1], text, attachments, this.#recipient.streams);
    } catch (error) {
      report = asNotReadable(error);
    }
    this.#report(report);
  }

  #readEvent(name: string, json: unknown, text: string, attachments: readonly Buffer[]): void {
    const { acks, inbox, streams } = this.#recipient;
    let data: unknown;
    try {
      data = this.#serialization.decode(json, text, attachments, streams);
    } catch (error) {
      this.#report(asNotReadable(error));
      return;
    }
    if (!acks.admit()) {
      streams.forget();
      return;
    }
    const arrived = streams.admit();
    if (arrived === undefined) inbox.push(name, data);
    else inbox.pushStreams(name, data, arrived);
  }

  #readCall(message: readonly unknown[], text: string, attachments: readonly Buffer[]): void {
    const id = parseCallId(message[0]);
    const name = message[1];
    if (typeof name !== "string" || message.length > 3) throw invalidMessage("a malformed call");
    const { calls, streams } = this.#recipient;
    let data: unknown;
    try {
      data = this.#serialization.decode(message[2], text, attachments, streams);
    } catch (error) {
      // The message that the caller is given has a full stop of its own.
      const why = asNotReadable(error).message.slice(0, -1);
      if (this.#admit()) calls.handleUnreadable(id, why, streams.admit());
      return;
    }
    if (!this.#admit()) return;
    const size = sizeOf(text, attachments);
    calls.handleCall(id, name, data, size, streams.admit());
  }

  /** Report an event in its place: one whose name is closed to peers, or whose data cannot be read. */
  #report(error: ProtocolError): void {
    if (!this.#admit()) return;
    const { inbox, streams } = this.#recipient;
    inbox.push(reportEvent, error);
    cancelAll(streams.admit());
  }

  /** A message with a number has come: false if it had come before. */
  #admit(): boolean {
    const { acks, streams } = this.#recipient;
    if (acks.admit()) return true;
    streams.forget();
    return false;
  }
}

/** Bytes that a message counts while it is held, each attachment with what its Buffer takes beside its own. */
function sizeOf(text: string, attachments: readonly Buffer[]): number {
  const bytes = Buffer.byteLength(text);
  return attachments.reduce((sum, { length }) => sum + length + batchOverhead, bytes);
}

/** The session for which messages are read. */
export interface Recipient {
  readonly inbox: Inbox;
  readonly acks: Acks;
  readonly streams: Streams;
  readonly calls: Pick<Calls, "handleCall" | "handleUnreadable">;
  /** Handle a control message. Answers false when the rest of the peer's bytes no longer matters. */
  handleControl(control: Control, streams: readonly InboundStream[] | undefined): boolean;
}

/** The number of openings that are remembered; a power of two. */
const places = 16;
/** Characters of the longest name that is remembered: names are the peer's, and outlive their messages. */
export const longestName = 64;
const rightBracket = 0x5d;

/** The beginning of an event's line, and the name of that event. */
interface Opening {
  /** `["name",` */
  readonly text: string;
  readonly name: string;
}

/**
 * The openings of the event lines that came last. A peer says few names over and over: of a line whose
 * opening is known, only the data is parsed.
 *
 * ```
 *   ["name",{"some":"data"}]
 *   opening ^ data        ^
 * ```
 */
export class EventOpenings {
  readonly #openings: (Opening | undefined)[] = [];

  /** The name of the event that a line may be; `undefined` if its opening is not known. */
  find(line: string): string | undefined {
    const opening = this.#openings[placeOf(line, line.indexOf('"', 2))];
    return opening !== undefined && line.startsWith(opening.text) ? opening.name : undefined;
  }

  /** Remember the name of the event that a line was. */
  learn(line: string, name: string): void {
    if (name.length > longestName) return;
    const text = `["${name}",`;
    // Of a name that is written with escapes, or behind white space, the opening is another.
    if (!line.startsWith(text) || name.includes("\\")) return;
    this.#openings[placeOf(line, name.length + 2)] = { text, name };
  }
}

/** The data in a line that begins with the opening of `name`; `undefined` if it is no event after all. */
export function readData(line: string, name: string): unknown {
  const end = line.length - 1;
  if (line.charCodeAt(end) !== rightBracket) return undefined;
  try {
    // It takes exactly one JSON value, or throws: a second element of the array does not pass.
    return JSON.parse(line.slice(name.length + 4, end));
  } catch {
    return undefined;
  }
}

/** The place of the opening whose name ends before `end`. */
function placeOf(line: string, end: number): number {
  return (7 * end + line.charCodeAt(end - 1)) & (places - 1);
}
