import { Buffer } from "node:buffer";
import { FramingError } from "./framing-error.ts";

/**
 * The states of a decoder, which are the same for all formats.
 *
 * ```
 *   open ── decode ──> decoding ── the sink answered true ──> open
 *    │                    ├─────── the sink answered false ─> stopped: takes and drops all that follows
 *    │                    └─────── anything was thrown ─────> failed: throws the same for all that follows
 *    └── end ──> ended, or failed if inside a frame
 * ```
 */
export abstract class ChunkDecoder<Sink> {
  #status: "open" | "decoding" | "stopped" | "failed" | "ended" = "open";
  #failure: unknown;

  /** Bytes received and held for frames that are not complete. */
  abstract get bufferedBytes(): number;

  /** True if the bytes so far end inside a frame. */
  protected abstract get insideFrame(): boolean;

  /** Decodes all of `bytes`; answers `false` when the sink stopped it. */
  protected abstract consume(bytes: Buffer, sink: Sink): boolean;

  /** Frees all memory that is held for frames. */
  protected abstract release(): void;

  /**
   * Delivers to `sink` all frames that `chunk` completes. The chunk may be reused after the call.
   * An error that it throws, a `FramingError` or one of the sink, ends the decoder.
   */
  decode(chunk: Uint8Array, sink: Sink): void {
    if (this.#status === "stopped") return;
    this.#refuseUnlessOpen();
    this.#status = "decoding";
    try {
      if (this.consume(asBuffer(chunk), sink)) {
        this.#status = "open";
      } else {
        this.#status = "stopped";
        this.release();
      }
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** States that no more bytes come. Throws `IPC_FRAMING_TRUNCATED` inside a frame. */
  end(): void {
    if (this.#status === "stopped" || this.#status === "ended") return;
    this.#refuseUnlessOpen();
    if (this.insideFrame) {
      throw this.#fail(new FramingError("IPC_FRAMING_TRUNCATED", { buffered: this.bufferedBytes }));
    }
    this.#status = "ended";
  }

  #fail(error: unknown): unknown {
    this.#status = "failed";
    this.#failure = error;
    this.release();
    return error;
  }

  #refuseUnlessOpen(): void {
    if (this.#status === "open") return;
    if (this.#status === "failed") throw this.#failure;
    const reason = this.#status === "decoding" ? "decode-within-decode" : "decode-after-end";
    throw new FramingError("IPC_FRAMING_MISUSE", { reason });
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk)
    ? chunk
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
