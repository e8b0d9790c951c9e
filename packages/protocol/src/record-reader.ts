import type { Buffer } from "node:buffer";
import { MAX_RECORD_BODY, type RecordOpener, RECORD_PREFIX } from "@ipc/crypto";
import { LengthPrefixDecoder, type PayloadSink } from "@ipc/framing";

/** What takes the bytes of a peer, in order. */
export interface ByteReader {
  /** Take one chunk. Throws the error that ends the session. */
  read(chunk: Uint8Array): void;
  /** Take nothing more, and let go of what is held. */
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
    this.#decoder?.decode(chunk, this);
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
    return this.#decoder !== undefined;
  }
}
