import type { Buffer } from "node:buffer";
import { FrameDecoder, type FrameSink } from "@ipc/framing";
import { invalid } from "./control.ts";
import { ProtocolError } from "./error.ts";
import { isReservedEvent } from "./event-name.ts";
import type { Inbox } from "./inbox.ts";
import { helloFrameBytes, maxDepth, type SessionLimits } from "./limits.ts";
import { checkDepth, parseJson, restoreAttachments } from "./value-decoder.ts";

const leftBracket = 0x5b;
const leftBrace = 0x7b;

/** What a control message is handed to: its name and its value. False stops reading. */
export type ControlListener = (name: string, value: unknown) => boolean;

/**
 * Turns a peer's frames into messages: events into the inbox, control messages to their listener.
 *
 * ```
 *   ["event"]  ["event",data]   an event
 *   {"name":value}              a control message
 * ```
 */
export class MessageReader implements FrameSink {
  readonly #decoder: FrameDecoder;
  readonly #limits: SessionLimits;
  readonly #inbox: Inbox;
  readonly #control: ControlListener;
  /** True once the conversation is at the point where the peer may emit. */
  eventsAllowed = false;

  constructor(limits: SessionLimits, inbox: Inbox, control: ControlListener) {
    this.#limits = limits;
    this.#inbox = inbox;
    this.#control = control;
    this.#decoder = new FrameDecoder({ maxFrameBytes: helloFrameBytes, maxAttachments: 0 });
  }

  /** Bytes of unfinished frames that are held. */
  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  /** The peer said who it is: take messages up to the session's limits from now on. */
  openUp(): void {
    this.eventsAllowed = true;
    this.#decoder.setLimits({
      maxFrameBytes: this.#limits.maxMessageBytes,
      maxAttachments: this.#limits.maxAttachments,
    });
  }

  /** Take one chunk. Throws a framing or protocol error, which ends the session. */
  read(chunk: Uint8Array): void {
    this.#decoder.decode(chunk, this);
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
      throw invalid("a line that is neither an event nor a control message");
    }
    if (attachments.length > 0) throw invalid("a control message with attachments");
    return this.#readControl(text);
  }

  handleFragment(): boolean {
    throw invalid("a fragment, which was not offered");
  }

  #readEvent(text: string, attachments: readonly Buffer[]): void {
    const message = parseJson(text) as unknown[];
    const name = message[0];
    if (typeof name !== "string" || message.length > 2) throw invalid("a malformed event");
    if (!this.eventsAllowed) throw invalid("an event before the welcome");
    let data = message[1];
    // Every level takes two characters: a short text cannot nest too deep.
    if (text.length > 2 * maxDepth) checkDepth(data, maxDepth);
    if (attachments.length > 0) data = restoreAttachments(data, attachments);
    if (isReservedEvent(name)) {
      this.#inbox.push(reportEvent, reserved(name));
    } else {
      this.#inbox.push(name, data);
    }
  }

  #readControl(text: string): boolean {
    if (text.length > helloFrameBytes) throw invalid("an oversized control message");
    const message = parseJson(text) as Record<string, unknown>;
    for (const name in message) return this.#control(name, message[name]);
    throw invalid("an empty control message");
  }
}

/** The name under which the inbox holds errors that harm nobody but are worth a report. */
export const reportEvent = "ipc:report";

function reserved(event: string): ProtocolError {
  return new ProtocolError(
    "IPC_RESERVED_EVENT",
    "peer",
    `The peer sent an event named "${event}", which only the library itself may raise; it was dropped.`,
    { context: { event } },
  );
}
