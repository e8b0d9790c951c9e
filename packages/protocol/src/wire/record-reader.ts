import type { Buffer } from "node:buffer";
import {
  CryptoError,
  MAX_RECORD_BODY,
  MAX_RECORD_CONTENT,
  type RecordOpener,
  RECORD_PREFIX,
} from "@ipc/crypto";
import { isFramingError, LengthPrefixDecoder, type PayloadSink } from "@ipc/framing";

/** Bytes of content from which on a record is freed by hand: smaller ones are gone with the next young collection. */
const freedFromBytes = 16_384;

/** Memory as newer engines have it. */
interface Movable {
  readonly byteLength: number;
  transfer?(length: number): unknown;
}

/** Takes the bytes of a peer, in order. */
export interface ByteReader {
  /** Take one chunk. Throws the error that ends the session. */
  read(chunk: Uint8Array): void;
  /** Take nothing more, and forget what is held. */
  stop(): void;
}

/** Takes records apart, opens them, and hands what they hold to the next reader. */
export class RecordReader implements ByteReader, PayloadSink {
  #decoder: LengthPrefixDecoder | undefined = new LengthPrefixDecoder({
    prefix: Uint8Array.of(RECORD_PREFIX),
    lengthBytes: 3,
    maxPayloadBytes: MAX_RECORD_BODY,
  });
  readonly #opener: RecordOpener;
  readonly #next: ByteReader;

  constructor(opener: RecordOpener, next: ByteReader) {
    this.#opener = opener;
    this.#next = next;
  }

  read(chunk: Uint8Array): void {
    try {
      this.#decoder?.decode(chunk, this);
    } catch (error) {
      throw asRecordError(error);
    }
  }

  /** Do in advance what can be done of the next record. */
  prepare(): void {
    this.#opener.prepare();
  }

  /** The stream is over. Throws `IPC_TRUNCATED` unless the peer has said that nothing follows. */
  end(): void {
    this.#opener.end();
  }

  stop(): void {
    this.#decoder = undefined;
    this.#next.stop();
    this.#opener.drop();
  }

  handlePayload(body: Buffer): boolean {
    const content = this.#opener.open(body);
    if (content.length > 0) this.#next.read(content);
    if (content.length >= freedFromBytes) freeMemory(content);
    return this.#decoder !== undefined;
  }
}

/** Give the memory of an opened record back, which is the record's alone. Node.js 20 cannot do that. */
function freeMemory({ buffer, byteOffset, byteLength }: Buffer): void {
  // Behind the content lies the type of the record, one byte.
  const isAlone = byteOffset === 0 && buffer.byteLength <= byteLength + 1;
  if (!isAlone) return;
  // Memory that is shared cannot be moved, and has no such method.
  const memory: Movable = buffer;
  memory.transfer?.(0);
}

// Damaged records have one set of codes, whether it is their header or their body.
function asRecordError(error: unknown): unknown {
  if (isFramingError(error, "IPC_FRAMING_PREFIX_MISMATCH")) {
    return new CryptoError("IPC_RECORD_UNEXPECTED", { reason: "no record begins so" }, error);
  }
  if (isFramingError(error, "IPC_FRAMING_PAYLOAD_TOO_LARGE")) {
    const least = MAX_RECORD_BODY - MAX_RECORD_CONTENT;
    const { length, limit: most } = error.context;
    return new CryptoError("IPC_RECORD_SIZE", { length, least, most }, error);
  }
  return error;
}
