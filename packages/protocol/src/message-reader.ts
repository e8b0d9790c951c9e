import type { Buffer } from "node:buffer";
import { FrameDecoder, type FrameSink } from "@ipc/framing";
import { restoreAttachments } from "./attachment-references.ts";
import { checkDepth } from "./check-depth.ts";
import { type Control, parseControl } from "./control.ts";
import { isReservedEvent, reportEvent, reservedByPeer } from "./event-name.ts";
import type { Inbox } from "./inbox.ts";
import { invalidMessage } from "./invalid-message.ts";
import { maxDepth, type SessionLimits, strangerFrameBytes } from "./limits.ts";
import { parseJson } from "./parse-json.ts";
import { parseCallId } from "./reply.ts";

const leftBracket = 0x5b;
const leftBrace = 0x7b;
const replyOpening = '{"reply":';

/** What calls and control messages are handed to. */
export interface MessageListener {
  /** A call has come. */
  handleCall(id: number, event: string, data: unknown): void;
  /** A control message has come. False stops reading. */
  handleControl(control: Control): boolean;
}

/**
 * Turns a peer's frames into messages: events into the inbox, control messages to their listener.
 *
 * ```
 *   ["event"]  ["event",data]   an event
 *   [id,"event"]  [id,"event",data]   a call
 *   {"name":value}              a control message
 * ```
 */
export class MessageReader implements FrameSink {
  #decoder: FrameDecoder | undefined;
  readonly #limits: SessionLimits;
  readonly #inbox: Inbox;
  readonly #listener: MessageListener;
  #eventsAllowed = false;
  #callsAllowed = false;

  constructor(limits: SessionLimits, inbox: Inbox, listener: MessageListener) {
    this.#limits = limits;
    this.#inbox = inbox;
    this.#listener = listener;
    this.#decoder = new FrameDecoder({ maxFrameBytes: strangerFrameBytes, maxAttachments: 0 });
  }

  /** The conversation is at the point where the peer may emit. */
  allowEvents(): void {
    this.#eventsAllowed = true;
  }

  /** The peer is no stranger any more: take messages up to the session's limits from now on. */
  openUp(): void {
    this.#eventsAllowed = true;
    this.#callsAllowed = true;
    this.#decoder?.setLimits({
      maxFrameBytes: this.#limits.maxMessageBytes,
      maxAttachments: this.#limits.maxAttachments,
    });
  }

  /** Take one chunk. Throws a framing or protocol error, which ends the session. */
  read(chunk: Uint8Array): void {
    this.#decoder?.decode(chunk, this);
  }

  /** Take nothing more, and let go of what is held of unfinished frames. */
  stop(): void {
    this.#decoder = undefined;
  }

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    const first = text.charCodeAt(0);
    if (first === leftBracket) {
      this.#readEvent(text, attachments);
      return true;
    }
    if (first !== leftBrace) {
      // Tell text that is no JSON at all from JSON that is no message.
      parseJson(text);
      throw invalidMessage("a line that is neither an event nor a control message");
    }
    if (text.length > strangerFrameBytes && !text.startsWith(replyOpening)) {
      throw invalidMessage("an oversized control message");
    }
    return this.#listener.handleControl(parseControl(parseJson(text), attachments));
  }

  handleFragment(): boolean {
    throw invalidMessage("a fragment, which was not offered");
  }

  #readEvent(text: string, attachments: readonly Buffer[]): void {
    const message = parseJson(text);
    if (!Array.isArray(message)) throw invalidMessage("a malformed event");
    const name: unknown = message[0];
    if (typeof name !== "string") {
      this.#readCall(message, text, attachments);
      return;
    }
    if (message.length > 2) throw invalidMessage("a malformed event");
    if (!this.#eventsAllowed) throw invalidMessage("an event where none belongs");
    const data = checkData(message[1], text, attachments);
    if (isReservedEvent(name)) this.#inbox.push(reportEvent, reservedByPeer(name));
    else this.#inbox.push(name, data);
  }

  #readCall(message: readonly unknown[], text: string, attachments: readonly Buffer[]): void {
    const id = parseCallId(message[0]);
    const name = message[1];
    if (typeof name !== "string" || message.length > 3) throw invalidMessage("a malformed call");
    if (!this.#callsAllowed) throw invalidMessage("a call where none belongs");
    this.#listener.handleCall(id, name, checkData(message[2], text, attachments));
  }
}

/** The data of a message, its attachments in place. Throws `IPC_ATTACHMENTS_MISMATCH` and `IPC_TOO_DEEP`. */
function checkData(data: unknown, text: string, attachments: readonly Buffer[]): unknown {
  if (attachments.length > 0) return restoreAttachments(data, attachments);
  // Every level takes two characters: a short text cannot nest too deep.
  if (text.length > 2 * maxDepth) checkDepth(data, maxDepth);
  return data;
}
