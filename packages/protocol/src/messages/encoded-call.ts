import { Buffer } from "node:buffer";
import { sharedFromBytes } from "../limits.ts";

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
    const lengths = attachments.map(({ length }) => length).join(",");
    const header = attachments.length === 0 ? "" : `*${lengths} `;
    this.#restBytes ??= Buffer.from(this.rest);
    const chunks = [Buffer.from(header + opening), this.#restBytes, ...attachments];
    const size = opening.length + this.#size;
    return { size, attachments, chunks, frameSize: header.length + size + 1 };
  }
}
