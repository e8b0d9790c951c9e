import { Buffer } from "node:buffer";
import { checkInteger, checkOptions, type OptionNames } from "./check-options.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { DEFAULT_FRAME_LIMITS } from "./frame.ts";
import { FramingError } from "./framing-error.ts";

const NO_PREFIX = new Uint8Array(0);

/**
 * The shape of a length-prefixed frame.
 *
 * ```
 *   +----------------+-----------------------------+---------------------+
 *   | prefix (0..)   | length (1 to 4 bytes, BE)   | payload             |
 *   +----------------+-----------------------------+---------------------+
 * ```
 */
export interface LengthPrefixFormat {
  /** Bytes that begin every frame, such as a type and version. Default none. */
  readonly prefix?: Uint8Array;
  /** Bytes of the length, which is big endian and counts the payload alone. Default 4. */
  readonly lengthBytes?: 1 | 2 | 3 | 4;
}

/** The names of what a format says. */
const FORMAT_NAMES: OptionNames<LengthPrefixFormat> = { prefix: true, lengthBytes: true };

/**
 * Encodes the header of a payload of `payloadBytes` bytes.
 * Throws `IPC_FRAMING_INVALID_OPTION` if the length does not fit `format.lengthBytes`.
 */
export function encodeLengthPrefix(payloadBytes: number, format: LengthPrefixFormat = {}): Buffer {
  checkOptions(format, FORMAT_NAMES);
  const lengthBytes = lengthBytesOf(format);
  checkInteger("payloadBytes", payloadBytes, 0, 2 ** (8 * lengthBytes) - 1);
  const prefix = format.prefix ?? NO_PREFIX;
  const header = Buffer.allocUnsafe(prefix.byteLength + lengthBytes);
  header.set(prefix, 0);
  header.writeUIntBE(payloadBytes, prefix.byteLength, lengthBytes);
  return header;
}

/** Encodes a length-prefixed frame as its header and the payload itself, uncopied. Throws as `encodeLengthPrefix` does. */
export function encodeLengthPrefixed(
  payload: Uint8Array,
  format: LengthPrefixFormat = {},
): [header: Uint8Array, payload: Uint8Array] {
  return [encodeLengthPrefix(payload.byteLength, format), payload];
}

/** The format a `LengthPrefixDecoder` reads, and its limit. */
export interface LengthPrefixDecoderOptions extends LengthPrefixFormat {
  /** Bytes of one payload, at most what the length can say. Default 32 MiB, or that if it is less. */
  readonly maxPayloadBytes?: number;
}

const optionNames: OptionNames<LengthPrefixDecoderOptions> = {
  ...FORMAT_NAMES,
  maxPayloadBytes: true,
};

/** The receiver of the payloads of a `LengthPrefixDecoder`. */
export interface PayloadSink {
  /**
   * Takes a payload, a view on the chunk or on memory that is used again, valid during the call only: copy what is kept.
   * Answers `false` to stop: the rest of the bytes is dropped.
   */
  handlePayload(payload: Buffer): boolean;
}

/** The decoder of a stream of length-prefixed frames, fed with chunks cut anywhere. A payload whole in a chunk is not copied. */
export class LengthPrefixDecoder extends ChunkDecoder<PayloadSink> {
  /** Each byte as one character: a short string costs an idle decoder nothing. */
  readonly #prefix: string;
  readonly #headerBytes: number;
  readonly #maxPayloadBytes: number;
  #headerRead = 0;
  #payloadBytes = 0;
  // Memory for the payload that a chunk cut. Kept from one to the next while chunks cut payloads: fresh pages cost
  // more than the copy.
  #memory: Buffer | undefined;
  #isCut = false;
  #filled = 0;

  /** Throws `IPC_FRAMING_INVALID_OPTION` for an unknown option, and for one out of its range. */
  constructor(options: LengthPrefixDecoderOptions = {}) {
    super();
    checkOptions(options, optionNames);
    const lengthBytes = lengthBytesOf(options);
    const longest = 2 ** (8 * lengthBytes) - 1;
    const { maxPayloadBytes = Math.min(DEFAULT_FRAME_LIMITS.maxFrameBytes, longest) } = options;
    this.#maxPayloadBytes = checkInteger("maxPayloadBytes", maxPayloadBytes, 0, longest);
    this.#prefix = Buffer.from(options.prefix ?? []).toString("latin1");
    this.#headerBytes = this.#prefix.length + lengthBytes;
  }

  get bufferedBytes(): number {
    return this.#filled;
  }

  protected get insideFrame(): boolean {
    return this.#headerRead > 0;
  }

  protected consume(bytes: Buffer, sink: PayloadSink): boolean {
    let at = 0;
    while (at < bytes.length) {
      at = this.#readHeader(bytes, at);
      if (this.#headerRead < this.#headerBytes) break;
      const payload = this.#takePayload(bytes, at);
      if (payload === undefined) break;
      at += this.#payloadBytes - this.#filled;
      this.#begin();
      if (!sink.handlePayload(payload)) return false;
    }
    if (this.#headerRead === 0) this.#memory = undefined;
    return true;
  }

  protected release(): void {
    this.#begin();
    this.#memory = undefined;
  }

  #begin(): void {
    this.#headerRead = 0;
    this.#payloadBytes = 0;
    this.#isCut = false;
    this.#filled = 0;
  }

  #readHeader(bytes: Buffer, at: number): number {
    let next = at;
    while (this.#headerRead < this.#headerBytes && next < bytes.length) {
      const byte = bytes[next++] ?? 0;
      const position = this.#headerRead;
      if (position >= this.#prefix.length) {
        this.#payloadBytes = this.#payloadBytes * 256 + byte;
      } else if (byte !== this.#prefix.charCodeAt(position)) {
        const expected = this.#prefix.charCodeAt(position);
        throw new FramingError("IPC_FRAMING_PREFIX_MISMATCH", { position, expected, byte });
      }
      this.#headerRead++;
      this.#checkLength();
    }
    return next;
  }

  #checkLength(): void {
    const limit = this.#maxPayloadBytes;
    const length = this.#payloadBytes;
    if (length > limit) throw new FramingError("IPC_FRAMING_PAYLOAD_TOO_LARGE", { limit, length });
  }

  /** Answers the payload if `bytes` hold the rest of it from `at` on, else keeps what they hold. */
  #takePayload(bytes: Buffer, at: number): Buffer | undefined {
    const left = this.#payloadBytes - this.#filled;
    const whole = bytes.length - at >= left;
    if (whole && !this.#isCut) return bytes.subarray(at, at + left);
    if (at === bytes.length) return undefined;
    const memory = this.#takeMemory();
    const copied = bytes.copy(memory, this.#filled, at, Math.min(bytes.length, at + left));
    if (whole) return memory.subarray(0, this.#payloadBytes);
    this.#filled += copied;
    return undefined;
  }

  #takeMemory(): Buffer {
    if (!this.#isCut) {
      const least = this.#payloadBytes;
      const size = this.#memory?.length ?? 0;
      // Nor is a large one kept for a small payload: a peer may say no more than it sends.
      if (size < least || size > 2 * least) this.#memory = Buffer.allocUnsafeSlow(least);
      this.#isCut = true;
    }
    return (this.#memory ??= Buffer.allocUnsafeSlow(this.#payloadBytes));
  }
}

/** Answers `format.lengthBytes` or its default. Throws `IPC_FRAMING_INVALID_OPTION`. */
function lengthBytesOf(format: LengthPrefixFormat): number {
  return checkInteger("lengthBytes", format.lengthBytes ?? 4, 1, 4);
}
