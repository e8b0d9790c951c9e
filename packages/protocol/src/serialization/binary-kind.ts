import { Buffer } from "node:buffer";

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
export function binaryKind(value: BinaryValue): string | undefined {
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
export function bytesOf(value: BinaryValue): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

/** The value of a kind over the bytes of an attachment; `undefined` for an unknown kind or an odd length. */
export function restoreBinary(kind: unknown, bytes: Buffer): unknown {
  return typeof kind === "string" ? restores.get(kind)?.(bytes) : undefined;
}
