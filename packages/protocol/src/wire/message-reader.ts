import type { Buffer } from "node:buffer";
import type { FrameDecoder, FrameSink } from "@ipc/framing";
import { invalidMessage } from "../error.ts";
import { maxControlBytes, type SessionLimits } from "../limits.ts";
import type { Serialization } from "../serialization/serialization.ts";
import { readStreamBytes } from "../streams/stream-message.ts";
import { type Control, parseControl } from "./control.ts";
import { EventReader, type Recipient } from "./event-reader.ts";
import { isJsonObject, parseJson } from "./json.ts";
import type { ByteReader } from "./record-reader.ts";
import { fitsBytes } from "./text.ts";

const leftBracket = 0x5b;
const leftBrace = 0x7b;

/**
 * Turns a peer's frames into messages: events into the inbox, calls and control messages to the session. What had
 * come before a new connection, and is repeated on it, is left out.
 */
export class MessageReader implements ByteReader, FrameSink {
  #decoder: FrameDecoder | undefined;
  readonly #limits: SessionLimits;
  readonly #serialization: Serialization;
  readonly #recipient: Recipient;
  readonly #events: EventReader;
  /** The messages that the peer may send: control messages alone, all, or what it acknowledges and its bye. */
  #accepts: "control" | "all" | "acks" = "control";

  constructor(limits: SessionLimits, serialization: Serialization, recipient: Recipient) {
    this.#limits = limits;
    this.#serialization = serialization;
    this.#recipient = recipient;
    this.#events = new EventReader(serialization, recipient);
  }

  /** Read with the decoder of another connection from now on, whose limits are those of a control message. */
  attach(decoder: FrameDecoder): void {
    this.#decoder = decoder;
  }

  /** Take all messages up to the session's limits from now on, or nothing but acknowledgements and the peer's bye. */
  accept(what: "all" | "acks"): void {
    this.#accepts = what;
    if (what === "acks") return;
    const { maxMessageBytes: maxFrameBytes, maxAttachments } = this.#limits;
    this.#decoder?.setLimits({ maxFrameBytes, maxAttachments });
  }

  /** Take one chunk. Throws a framing or protocol error, which ends the session. */
  read(chunk: Uint8Array): void {
    this.#decoder?.decode(chunk, this);
  }

  /** Take nothing more, and forget unfinished frames. */
  stop(): void {
    this.#decoder = undefined;
  }

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    if (this.#accepts === "acks") return this.#readLast(text);
    const first = text.charCodeAt(0);
    if (first === leftBracket) {
      if (this.#accepts !== "all") throw invalidMessage("an event or call before the welcome");
      this.#events.read(text, attachments);
      return true;
    }
    if (first !== leftBrace) {
      // Tell text that is no JSON at all from JSON that is no message.
      parseJson(text);
      throw invalidMessage("a line that is neither an event nor a control message");
    }
    return this.#readControl(text, attachments);
  }

  #readControl(text: string, attachments: readonly Buffer[]): boolean {
    const control = readStreamBytes(text, attachments) ?? this.#parse(text, attachments);
    const { acks, streams } = this.#recipient;
    const { type } = control;
    if (type === "reply" || type === "cancel" || type === "stream") {
      if (this.#accepts === "all" && !acks.admit()) {
        streams.forget();
        return true;
      }
    }
    return this.#recipient.handleControl(control, streams.admit());
  }

  #parse(text: string, attachments: readonly Buffer[]): Control {
    const { streams } = this.#recipient;
    const message = parseJson(text);
    const control = parseControl(message, text, attachments, this.#serialization, streams);
    const mayBeLong = control.type === "reply" || control.type === "stream";
    if (!mayBeLong && !fitsBytes(text, maxControlBytes)) {
      throw invalidMessage("an oversized control message");
    }
    return control;
  }

  /** Read a line behind this side's own bye: whatever is no acknowledgement or bye is dropped. */
  #readLast(text: string): boolean {
    if (text.charCodeAt(0) !== leftBrace || !fitsBytes(text, maxControlBytes)) return true;
    const message = parseJson(text);
    const isWanted =
      isJsonObject(message) && (Object.hasOwn(message, "ack") || Object.hasOwn(message, "bye"));
    if (!isWanted) return true;
    const control = parseControl(message, text, [], this.#serialization);
    return this.#recipient.handleControl(control, undefined);
  }
}
