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

const leftBracket = 0x5b;
const leftBrace = 0x7b;

/** What a control message is handed to. False stops reading. */
export type ControlListener = (control: Control) => boolean;

/**
 * Turns a peer's frames into messages: events into the inbox, control messages to their listener.
 *
 * ```
 *   ["event"]  ["event",data]   an event
 *   {"name":value}              a control message
 * ```
 */
export class MessageReader implements FrameSink {
  #decoder: FrameDecoder | undefined;
  readonly #limits: SessionLimits;
  readonly #inbox: Inbox;
  readonly #control: ControlListener;
  #eventsAllowed = false;

  constructor(limits: SessionLimits, inbox: Inbox, control: ControlListener) {
    this.#limits = limits;
    this.#inbox = inbox;
    this.#control = control;
    this.#decoder = new FrameDecoder({ maxFrameBytes: strangerFrameBytes, maxAttachments: 0 });
  }

  /** The conversation is at the point where the peer may emit. */
  allowEvents(): void {
    this.#eventsAllowed = true;
  }

  /** The peer is no stranger any more: take messages up to the session's limits from now on. */
  openUp(): void {
    this.#eventsAllowed = true;
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
    if (attachments.length > 0) throw invalidMessage("a control message with attachments");
    if (text.length > strangerFrameBytes) throw invalidMessage("an oversized control message");
    return this.#control(parseControl(parseJson(text)));
  }

  handleFragment(): boolean {
    throw invalidMessage("a fragment, which was not offered");
  }

  #readEvent(text: string, attachments: readonly Buffer[]): void {
    const message = parseJson(text);
    if (!Array.isArray(message) || message.length > 2) throw invalidMessage("a malformed event");
    const name: unknown = message[0];
    if (typeof name !== "string") throw invalidMessage("a malformed event");
    if (!this.#eventsAllowed) throw invalidMessage("an event where none belongs");
    let data: unknown = message[1];
    if (attachments.length > 0) data = restoreAttachments(data, attachments);
    // Every level takes two characters: a short text cannot nest too deep.
    else if (text.length > 2 * maxDepth) checkDepth(data, maxDepth);
    if (isReservedEvent(name)) this.#inbox.push(reportEvent, reservedByPeer(name));
    else this.#inbox.push(name, data);
  }
}
