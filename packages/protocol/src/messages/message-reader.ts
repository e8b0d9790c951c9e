import type { Buffer } from "node:buffer";
import { FrameDecoder, type FrameSink } from "@ipc/framing";
import { type Control, parseControl } from "./control.ts";
import { type SessionLimits, maxControlBytes } from "../limits.ts";
import { EarlyLines } from "./early-lines.ts";
import { EventReader, type Recipient } from "./event-reader.ts";
import { invalidMessage } from "../error.ts";
import { parseJson } from "./json.ts";
import type { Serialization } from "../serialization/serialization.ts";
import { readStreamBytes, streamOpening } from "../streams/stream-message.ts";

const leftBracket = 0x5b;
const leftBrace = 0x7b;
const replyOpening = '{"reply":';
const ackOpening = '{"ack":';
const byeOpening = '{"bye":';
const eventOpening = /^\[\s*"/;

/**
 * Turns a peer's frames into messages: events into the inbox, calls to the exchange, control messages
 * to the dialogue. What had come before a new connection, and is repeated on it, is left out.
 */
export class MessageReader implements FrameSink {
  #decoder: FrameDecoder | undefined;
  readonly #limits: SessionLimits;
  readonly #serialization: Serialization;
  #recipient: Recipient;
  readonly #events: EventReader;
  #accepts: "control" | "events" | "all" | "acks" = "control";
  /** Made for the first event that comes before the client is accepted: few send any. */
  #early: EarlyLines | undefined;

  constructor(limits: SessionLimits, serialization: Serialization, recipient: Recipient) {
    this.#limits = limits;
    this.#serialization = serialization;
    this.#recipient = recipient;
    this.#events = new EventReader(serialization, recipient);
    this.#decoder = new FrameDecoder({ maxFrameBytes: maxControlBytes, maxAttachments: 0 });
  }

  /** Read for another session from now on, in the middle of a chunk too. */
  redirect(recipient: Recipient): void {
    this.#recipient = recipient;
    this.#events.recipient = recipient;
  }

  /** The conversation is at the point where the peer may emit. */
  allowEvents(): void {
    this.#accepts = "events";
    this.#events.accepts = "events";
  }

  /** The peer is accepted: take messages up to the session's limits from now on. */
  openUp(): void {
    this.#accepts = "all";
    this.#events.accepts = "calls";
    this.#decoder?.setLimits({
      maxFrameBytes: this.#limits.maxMessageBytes,
      maxAttachments: this.#limits.maxAttachments,
    });
  }

  /** Bytes of events that wait until their client is accepted. */
  get earlyBytes(): number {
    return this.#early?.byteLength ?? 0;
  }

  /** Read the events that came before the client was accepted. Throws as `read` does. */
  readEarly(): void {
    const lines = this.#early?.take() ?? [];
    this.#early = undefined;
    for (const line of lines) this.#events.read(line, []);
  }

  /** Take nothing but acknowledgements and the peer's own bye from now on. */
  takeOnlyAcks(): void {
    this.#accepts = "acks";
  }

  /** Take one chunk. Throws a framing or protocol error, which ends the session. */
  read(chunk: Uint8Array): void {
    this.#decoder?.decode(chunk, this);
  }

  /** Take nothing more, and forget unfinished frames. */
  stop(): void {
    this.#decoder = undefined;
    this.#early = undefined;
  }

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    if (this.#accepts === "acks" && !text.startsWith(ackOpening) && !text.startsWith(byeOpening))
      return true;
    const first = text.charCodeAt(0);
    if (first === leftBracket) {
      if (this.#accepts === "events" && eventOpening.test(text))
        (this.#early ??= new EarlyLines()).push(text);
      else this.#events.read(text, attachments);
      return true;
    }
    if (first !== leftBrace) {
      // Tell text that is no JSON at all from JSON that is no message.
      parseJson(text);
      throw invalidMessage("a line that is neither an event nor a control message");
    }
    if (text.length > maxControlBytes && !mayBeLong(text)) {
      throw invalidMessage("an oversized control message");
    }
    return this.#handleControl(this.#parse(text, attachments));
  }

  #parse(text: string, attachments: readonly Buffer[]): Control {
    const bytes = readStreamBytes(text, attachments);
    if (bytes !== undefined) return bytes;
    const { streams } = this.#recipient;
    return parseControl(parseJson(text), text, attachments, this.#serialization, streams);
  }

  #handleControl(control: Control): boolean {
    const { dialogue, acks, streams } = this.#recipient;
    if (isNumbered(control) && this.#accepts === "all" && !acks.admit()) {
      streams.forget();
      return true;
    }
    return dialogue.handleControl(control, streams.admit());
  }
}

function mayBeLong(text: string): boolean {
  return text.startsWith(replyOpening) || text.startsWith(streamOpening);
}

function isNumbered({ type }: Control): boolean {
  return type === "reply" || type === "cancel" || type === "stream";
}
