import type { Buffer } from "node:buffer";
import { FragmentDecoder, FrameDecoder, type FrameSink } from "@ipc/framing";
import { type Control, parseControl } from "./control.ts";
import { laneCount } from "./delivery/lanes.ts";
import type { Receipts } from "./delivery/receipts.ts";
import { isReservedEvent, reportEvent } from "./event-name.ts";
import type { Inbox } from "./inbox.ts";
import { invalidMessage } from "./invalid-message.ts";
import { type SessionLimits, strangerFrameBytes } from "./limits.ts";
import { parseJson } from "./parse-json.ts";
import { Relayed, readRelayed, readReserved } from "./relay/relayed.ts";
import type { RelayName } from "./relay/relay-name.ts";
import { parseCallId } from "./reply.ts";
import type { Serialization } from "./serialization/serialization.ts";
import { cancelAll, type InboundStream } from "./streams/inbound-stream.ts";
import { streamOpening } from "./streams/stream-message.ts";
import type { Streams } from "./streams/streams.ts";

const leftBracket = 0x5b;
const leftBrace = 0x7b;
const replyOpening = '{"reply":';
const ackOpening = '{"ack":';
const byeOpening = '{"bye":';

/** What calls and control messages are handed to. */
export interface MessageListener {
  /** A call has come. */
  handleCall(
    id: number,
    event: string,
    data: unknown,
    lane: number,
    streams: readonly InboundStream[] | undefined,
  ): void;
  /** A control message has come. False stops reading. */
  handleControl(
    control: Control,
    lane: number,
    streams: readonly InboundStream[] | undefined,
  ): boolean;
}

/** The session for which messages are read. */
export interface Recipient {
  readonly inbox: Inbox;
  readonly receipts: Receipts;
  readonly streams: Streams;
  readonly listener: MessageListener;
}

/**
 * Turns a peer's frames into messages: events into the inbox, calls and control messages to their
 * listener. What had come before a new connection, and is repeated on it, is left out.
 *
 * ```
 *   ["event"]  ["event",data]   an event
 *   [id,"event"]  [id,"event",data]   a call
 *   {"name":value}              a control message
 * ```
 */
export class MessageReader implements FrameSink {
  #decoder: FrameDecoder | undefined;
  #trains: FragmentDecoder | undefined;
  readonly #limits: SessionLimits;
  readonly #serialization: Serialization;
  #recipient: Recipient;
  #inbox: Inbox;
  #receipts: Receipts;
  #streams: Streams;
  #accepts: "control" | "events" | "all" | "acks" = "control";
  #fragments = false;
  /** The name under which messages of other clients, or for them, come; `undefined` if none do. */
  #relayName: RelayName | undefined;
  /** True while a message on lane 0 has come in part: what else is numbered on it comes behind. */
  #isMidway = false;

  constructor(limits: SessionLimits, serialization: Serialization, recipient: Recipient) {
    this.#limits = limits;
    this.#serialization = serialization;
    this.#recipient = recipient;
    this.#inbox = recipient.inbox;
    this.#receipts = recipient.receipts;
    this.#streams = recipient.streams;
    this.#decoder = new FrameDecoder({ maxFrameBytes: strangerFrameBytes, maxAttachments: 0 });
  }

  /** Read for another session from now on, in the middle of a chunk too. */
  redirect(recipient: Recipient): void {
    this.#recipient = recipient;
    this.#inbox = recipient.inbox;
    this.#receipts = recipient.receipts;
    this.#streams = recipient.streams;
  }

  /** Both sides understand fragments. */
  allowFragments(): void {
    this.#fragments = true;
  }

  /** Both sides understand what goes from one client to another; to this side it comes under this name. */
  allowRelay(name: RelayName): void {
    this.#relayName = name;
  }

  /** The conversation is at the point where the peer may emit. */
  allowEvents(): void {
    this.#accepts = "events";
  }

  /** The peer is no stranger any more: take messages up to the session's limits from now on. */
  openUp(): void {
    this.#accepts = "all";
    this.#decoder?.setLimits({
      maxFrameBytes: this.#limits.maxMessageBytes,
      maxAttachments: this.#limits.maxAttachments,
    });
  }

  /** Take nothing but acknowledgements and the peer's own bye any more. */
  takeOnlyAcks(): void {
    this.#accepts = "acks";
    this.#trains = undefined;
  }

  /** Take one chunk. Throws a framing or protocol error, which ends the session. */
  read(chunk: Uint8Array): void {
    this.#decoder?.decode(chunk, this);
  }

  /** Take nothing more, and let go of what is held of unfinished frames. */
  stop(): void {
    this.#decoder = undefined;
    this.#trains = undefined;
  }

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    if (this.#accepts === "acks" && !text.startsWith(ackOpening) && !text.startsWith(byeOpening))
      return true;
    const first = text.charCodeAt(0);
    if (first === leftBracket) {
      if (this.#isMidway) throw interleaved();
      this.#readEvent(text, attachments, 0);
      return true;
    }
    if (first !== leftBrace) {
      // Tell text that is no JSON at all from JSON that is no message.
      parseJson(text);
      throw invalidMessage("a line that is neither an event nor a control message");
    }
    if (text.length > strangerFrameBytes && !mayBeLong(text)) {
      throw invalidMessage("an oversized control message");
    }
    const control = this.#parse(text, attachments);
    if (this.#isMidway && isNumbered(control)) throw interleaved();
    return this.#heed(control, 0);
  }

  handleFragment(lane: number, payload: Buffer, last: boolean): boolean {
    if (this.#accepts === "acks") return true;
    if (!this.#fragments) throw invalidMessage("a fragment, which was not offered");
    if (this.#accepts !== "all") throw invalidMessage("a fragment where none belongs");
    if (lane >= laneCount) throw invalidMessage(`a fragment on lane ${lane} of ${laneCount}`);
    const { maxMessageBytes: maxFrameBytes, maxAttachments } = this.#limits;
    // The headers of attachments come on top of a message.
    this.#trains ??= new FragmentDecoder({
      maxFrameBytes,
      maxAttachments,
      maxTrains: laneCount,
      maxBufferedBytes: 2 * maxFrameBytes + strangerFrameBytes * laneCount,
    });
    if (lane === 0) this.#isMidway = !last;
    const frame = this.#trains.push(lane, payload, last);
    if (frame === undefined) return true;
    const { text, attachments } = frame;
    return this.#readJoined(text, attachments, lane);
  }

  #readJoined(text: string, attachments: readonly Buffer[], lane: number): boolean {
    if (text.charCodeAt(0) === leftBracket) {
      this.#readEvent(text, attachments, lane);
      return true;
    }
    const control = this.#parse(text, attachments);
    if (!isNumbered(control)) throw invalidMessage(`a ${control.type} in fragments`);
    return this.#heed(control, lane);
  }

  #parse(text: string, attachments: readonly Buffer[]): Control {
    return parseControl(parseJson(text), text, attachments, this.#serialization, this.#streams);
  }

  /** A message with a number has come: false if it had come before. */
  #admit(lane: number): boolean {
    if (this.#receipts.admit(lane)) return true;
    this.#streams.forget();
    return false;
  }

  #heed(control: Control, lane: number): boolean {
    const numbered = isNumbered(control) && this.#accepts === "all";
    if (numbered && !this.#admit(lane)) return true;
    return this.#recipient.listener.handleControl(control, lane, this.#streams.admit(lane));
  }

  #readEvent(text: string, attachments: readonly Buffer[], lane: number): void {
    const message = parseJson(text);
    if (!Array.isArray(message)) throw invalidMessage("a malformed event");
    const name: unknown = message[0];
    if (typeof name !== "string") {
      this.#readCall(message, text, attachments, lane);
      return;
    }
    if (message.length > 2) throw invalidMessage("a malformed event");
    if (this.#accepts === "control") throw invalidMessage("an event where none belongs");
    const data = this.#serialization.decode(message[1], text, attachments, this.#streams);
    if (!this.#admit(lane)) return;
    const streams = this.#streams.admit(lane);
    if (isReservedEvent(name)) {
      const meant = readReserved(this.#relayName, name, data, text, attachments);
      if (meant instanceof Relayed) {
        this.#inbox.tell({ type: "relayed", message: meant, streams });
      } else {
        this.#inbox.push(reportEvent, meant);
        cancelAll(streams);
      }
    } else if (streams === undefined) {
      this.#inbox.push(name, data);
    } else {
      this.#inbox.pushStreams(name, data, streams);
    }
  }

  #readCall(
    message: readonly unknown[],
    text: string,
    attachments: readonly Buffer[],
    lane: number,
  ): void {
    const id = parseCallId(message[0]);
    const name = message[1];
    if (typeof name !== "string" || message.length > 3) throw invalidMessage("a malformed call");
    if (this.#accepts !== "all") throw invalidMessage("a call where none belongs");
    const data = this.#serialization.decode(message[2], text, attachments, this.#streams);
    if (!this.#admit(lane)) return;
    const streams = this.#streams.admit(lane);
    const isRelayed = name === this.#relayName;
    const meant = isRelayed ? readRelayed(name, data, text, attachments) : data;
    this.#recipient.listener.handleCall(id, name, meant, lane, streams);
  }
}

function mayBeLong(text: string): boolean {
  return text.startsWith(replyOpening) || text.startsWith(streamOpening);
}

function isNumbered({ type }: Control): boolean {
  return type === "reply" || type === "cancel" || type === "stream";
}

function interleaved(): Error {
  return invalidMessage("a message within another of its lane");
}
