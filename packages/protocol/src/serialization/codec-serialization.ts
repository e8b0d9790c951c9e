import { Buffer } from "node:buffer";
import { isBytes } from "../realms.ts";
import { restoreAttachments } from "./json-serialization.ts";
import { notEncodable, notDecodable, notReadable } from "./encoding-error.ts";
import { isStreamable, notSendable } from "../streams/streamable.ts";
import type { EncodedData, Serialization } from "./serialization.ts";

const none: readonly never[] = [];

/** The JSON in the place of the one attachment: the reference to a Buffer. */
const reference = '{"$bin":[0,"Buffer"]}';

/** The application's own codec: all of the data is the bytes of one attachment. */
export class CodecSerialization implements Serialization {
  readonly name: string;
  readonly #codec: Codec;

  constructor(codec: Codec) {
    this.name = codec.name;
    this.#codec = codec;
  }

  /** Never with streams: a codec takes all of the data itself. */
  encode(data: unknown): EncodedData | undefined {
    if (data === undefined) return undefined;
    return { text: reference, attachments: [this.#bytes(data)], streams: none };
  }

  /**
   * Throws `IPC_NOT_DECODABLE`, with what the codec threw as its cause, and `IPC_INVALID_MESSAGE` and
   * `IPC_ATTACHMENTS_MISMATCH`.
   */
  decode(json: unknown, _text: string, attachments: readonly Buffer[]): unknown {
    const bytes = restoreAttachments(json, attachments);
    if (bytes === undefined) return undefined;
    if (!Buffer.isBuffer(bytes)) {
      throw notDecodable(`something else than the bytes of the codec "${this.name}"`);
    }
    try {
      return this.#codec.decode(bytes);
    } catch (cause) {
      throw notReadable(`the codec "${this.name}" throws`, cause);
    }
  }

  #bytes(data: unknown): Buffer {
    if (typeof data === "object" && data !== null && isStreamable(data)) {
      throw notSendable("has no place where a codec writes the data");
    }
    let bytes: unknown;
    try {
      bytes = this.#codec.encode(data);
    } catch (cause) {
      throw notEncodable(`the codec "${this.name}" throws`, cause);
    }
    if (!isBytes(bytes)) {
      throw notEncodable(`the codec "${this.name}" answers something else than a Uint8Array`);
    }
    try {
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (cause) {
      throw notEncodable(`the codec "${this.name}" answers bytes that cannot be read`, cause);
    }
  }
}

/**
 * A serialization of the application's own: a pair of inverse functions between values and bytes, such as the
 * `encode` and `decode` of a msgpack or CBOR library.
 *
 * Both are called while a message is sent or read, and must do nothing but their work.
 */
export interface Codec {
  /** Its name at both sides: 1 to 32 letters, digits, dots, dashes or underscores; not `json` or `advanced`. */
  readonly name: string;
  /** The bytes of a value, never of `undefined`. They are not copied and must not change afterwards. */
  encode(value: unknown): Uint8Array;
  /** The value of such bytes. They are the application's own to keep. */
  decode(bytes: Uint8Array): unknown;
}
