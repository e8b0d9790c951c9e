import { Buffer } from "node:buffer";
import { ProtocolError } from "../error.ts";
import { copiedBelowBytes } from "../limits.ts";
import { asPair } from "../wire/json.ts";
import {
  isStreamKind,
  notSendable,
  OutgoingStream,
  type Streamable,
  type StreamReference,
} from "../streams/streamable.ts";
import type { EncodedData, StreamFinder } from "./serialization.ts";

/** A value that leaves the JSON of an event as an attachment. */
export type BinaryValue = ArrayBufferView | ArrayBufferLike;

type Restore = (bytes: Buffer) => unknown;

interface ViewConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

/** Newer runtimes have it. */
declare const Float16Array: ViewConstructor | undefined;

// An attachment owns its memory from offset 0 (the framing layer's promise), so every kind is aligned.
function array(type: ViewConstructor): Restore {
  return (bytes) => {
    const size = type.BYTES_PER_ELEMENT;
    if (bytes.length % size !== 0) return undefined;
    return new type(bytes.buffer, bytes.byteOffset, bytes.length / size);
  };
}

const restores: ReadonlyMap<string, Restore> = new Map<string, Restore>([
  ["Buffer", (bytes) => bytes],
  ["ArrayBuffer", (bytes) => bytes.buffer],
  ["DataView", (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)],
  ["Int8Array", array(Int8Array)],
  ["Uint8Array", array(Uint8Array)],
  ["Uint8ClampedArray", array(Uint8ClampedArray)],
  ["Int16Array", array(Int16Array)],
  ["Uint16Array", array(Uint16Array)],
  ["Int32Array", array(Int32Array)],
  ["Uint32Array", array(Uint32Array)],
  // A runtime without it has the bits of the elements in their place: one value ends no session.
  ["Float16Array", array(typeof Float16Array === "function" ? Float16Array : Uint16Array)],
  ["Float32Array", array(Float32Array)],
  ["Float64Array", array(Float64Array)],
  ["BigInt64Array", array(BigInt64Array)],
  ["BigUint64Array", array(BigUint64Array)],
]);

// The property of the built-in, which tells the kind whatever a subclass calls itself.
const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
);

/** Tell whether a value is binary, of whatever realm. */
export function isBinary(value: unknown): value is BinaryValue {
  if (typeof value !== "object" || value === null) return false;
  if (ArrayBuffer.isView(value)) return true;
  const tag = Object.prototype.toString.call(value);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
}

/** The wire's word for the kind of a binary value; `undefined` if the wire has none. */
function binaryKind(value: BinaryValue): string | undefined {
  if (!ArrayBuffer.isView(value)) {
    const shared = Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";
    return shared ? undefined : "ArrayBuffer";
  }
  if (Buffer.isBuffer(value)) return "Buffer";
  // A DataView has no such tag.
  const tag: unknown = typedArrayTag?.get?.call(value);
  const kind = typeof tag === "string" ? tag : "DataView";
  return restores.has(kind) ? kind : undefined;
}

/** The bytes of a binary value, without copying them. */
function bytesOf(value: BinaryValue): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

/** The value of a kind over the bytes of an attachment; `undefined` for an unknown kind or an odd length. */
export function restoreBinary(kind: unknown, bytes: Buffer): unknown {
  return typeof kind === "string" ? restores.get(kind)?.(bytes) : undefined;
}

/** The JSON in the place of a binary value: its index and kind. */
interface Reference {
  readonly $bin: readonly [index: number, kind: string];
}

/** The binary values that are taken out of one message. */
export class OutgoingAttachments {
  /** Their bytes, by index: small ones copied, large ones not. */
  readonly all: Buffer[] = [];
  /** The streams among them, which want their ids. */
  readonly streams: OutgoingStream[] = [];

  /** Take a value out; `undefined` if the wire has no word for its kind. */
  add(value: BinaryValue): Reference | undefined {
    const kind = binaryKind(value);
    if (kind === undefined) return undefined;
    const bytes = bytesOf(value);
    this.all.push(bytes.length < copiedBelowBytes ? Buffer.from(bytes) : bytes);
    return { $bin: [this.all.length - 1, kind] };
  }

  /** Take a stream out. Throws `IPC_STREAM_NOT_SENDABLE`. */
  send(source: Streamable): StreamReference {
    if (this.streams.some((stream) => stream.source === source)) {
      throw notSendable("is in it twice");
    }
    const stream = new OutgoingStream(source, this.all);
    this.streams.push(stream);
    return stream.reference;
  }

  /** The parts that are sent with the text of the data out of which they were taken. */
  with(text: string): EncodedData | string {
    const { all: attachments, streams } = this;
    return attachments.length === 0 ? text : { text, attachments, streams };
  }
}

/** The attachments of one message, each of which is to be taken exactly once. */
export class ReceivedAttachments {
  readonly #all: readonly Buffer[];
  readonly #taken: boolean[];
  readonly #streams: StreamFinder | undefined;

  constructor(all: readonly Buffer[], streams?: StreamFinder) {
    this.#streams = streams;
    this.#all = all;
    this.#taken = all.map(() => false);
  }

  /** The binary value or stream of a reference `[index,kind]`. Throws `IPC_ATTACHMENTS_MISMATCH`. */
  take(reference: unknown): object {
    const pair = asPair(reference);
    if (pair === undefined) throw mismatch("a malformed reference");
    const [index, kind] = pair;
    const bytes = typeof index === "number" ? this.#all[index] : undefined;
    if (typeof index !== "number" || bytes === undefined || this.#taken[index] !== false) {
      throw mismatch("a reference to no attachment, or a second one to the same");
    }
    this.#taken[index] = true;
    const value = isStreamKind(kind)
      ? this.#streams?.find(kind, bytes)
      : restoreBinary(kind, bytes);
    if (typeof value !== "object" || value === null) {
      throw mismatch("an attachment of an unknown kind or odd length");
    }
    return value;
  }

  /** Throws `IPC_ATTACHMENTS_MISMATCH` unless all were taken. */
  checkAllTaken(): void {
    if (this.#taken.includes(false)) throw mismatch("an attachment that nothing refers to");
  }
}

function mismatch(what: string): ProtocolError {
  return new ProtocolError(
    "IPC_ATTACHMENTS_MISMATCH",
    "peer",
    `The peer sent a message whose references and attachments do not match: ${what}.`,
  );
}
