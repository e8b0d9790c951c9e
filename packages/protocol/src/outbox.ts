import { Buffer } from "node:buffer";
import type { EncodedEvent } from "./event-encoder.ts";
import { sharedFromBytes } from "./limits.ts";

/** Where a session's bytes go; a connection fits. */
export interface ByteWriter {
  send(chunk: Uint8Array | string): boolean;
  sendAll(chunks: readonly Uint8Array[]): boolean;
  /** Bytes taken that the operating system has not. */
  readonly bufferedBytes: number;
}

/** Characters of text that are joined before they become bytes: some hundred small events. */
const joinedLength = 32 * 1024;

/**
 * The frames accepted but not yet handed to the connection, as one batch.
 *
 * Lines are joined as text and become bytes once per batch; binary frames and large shared events are
 * kept by reference. A batch that is one shared event goes out as the bytes that all its sessions share.
 */
export class Outbox {
  #text = "";
  #shared: EncodedEvent | undefined;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;

  /** Bytes that wait. Text not yet encoded counts its UTF-16 units, for 32 Ki characters at most. */
  get bytes(): number {
    return this.#chunkBytes + this.#text.length + (this.#shared?.size ?? 0);
  }

  /** Queue one line, LF included. */
  pushLine(line: string): void {
    if (this.#shared !== undefined) this.#unshare();
    this.#pushText(line);
  }

  /** Queue an event that other sessions send too. */
  pushShared(event: EncodedEvent): void {
    if (this.bytes === 0) {
      this.#shared = event;
    } else {
      this.#unshare();
      this.#push(event);
    }
  }

  /** Hand everything over in one write. Answers the writer's answer, true if there was nothing. */
  writeOut(writer: ByteWriter): boolean {
    if (this.#shared !== undefined) {
      const { chunks } = this.#shared;
      this.#shared = undefined;
      return send(writer, chunks);
    }
    if (this.#chunks.length === 0) {
      if (this.#text === "") return true;
      const text = this.#text;
      this.#text = "";
      return writer.send(text);
    }
    this.#encodeText();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return send(writer, chunks);
  }

  /** Forget everything. */
  clear(): void {
    this.#text = "";
    this.#shared = undefined;
    this.#chunks = [];
    this.#chunkBytes = 0;
  }

  #unshare(): void {
    const event = this.#shared;
    this.#shared = undefined;
    if (event !== undefined) this.#push(event);
  }

  #push(event: EncodedEvent): void {
    if (event.attachments.length === 0 && event.size < sharedFromBytes) {
      this.#pushText(event.line);
      return;
    }
    this.#encodeText();
    for (const chunk of event.chunks) this.#pushChunk(chunk);
  }

  #pushText(line: string): void {
    this.#text += line;
    if (this.#text.length >= joinedLength) this.#encodeText();
  }

  #pushChunk(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }

  #encodeText(): void {
    if (this.#text === "") return;
    const chunk = Buffer.from(this.#text);
    this.#text = "";
    this.#pushChunk(chunk);
  }
}

function send(writer: ByteWriter, chunks: readonly Uint8Array[]): boolean {
  const only = chunks.length === 1 ? chunks[0] : undefined;
  return only === undefined ? writer.sendAll(chunks) : writer.send(only);
}
