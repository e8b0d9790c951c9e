import { Buffer } from "node:buffer";

type Restore = (bytes: Buffer) => unknown;

interface MultiByteArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView;
}

// An attachment owns its memory from offset 0 (the framing layer's promise), so every kind is aligned.
function memoryOf(bytes: Buffer): ArrayBuffer {
  return bytes.buffer as ArrayBuffer;
}

function array(type: MultiByteArray): Restore {
  return (bytes) => {
    const size = type.BYTES_PER_ELEMENT;
    if (bytes.length % size !== 0) return undefined;
    return new type(memoryOf(bytes), bytes.byteOffset, bytes.length / size);
  };
}

const restores: ReadonlyMap<string, Restore> = new Map<string, Restore>([
  ["Buffer", (bytes) => bytes],
  ["ArrayBuffer", memoryOf],
  ["DataView", (bytes) => new DataView(memoryOf(bytes), bytes.byteOffset, bytes.length)],
  ["Int8Array", array(Int8Array)],
  ["Uint8Array", array(Uint8Array)],
  ["Uint8ClampedArray", array(Uint8ClampedArray)],
  ["Int16Array", array(Int16Array)],
  ["Uint16Array", array(Uint16Array)],
  ["Int32Array", array(Int32Array)],
  ["Uint32Array", array(Uint32Array)],
  ["Float32Array", array(Float32Array)],
  ["Float64Array", array(Float64Array)],
  ["BigInt64Array", array(BigInt64Array)],
  ["BigUint64Array", array(BigUint64Array)],
]);

/** The wire's word for a binary value, `undefined` for anything else. Elements are little-endian. */
export function binaryKind(value: object): string | undefined {
  if (ArrayBuffer.isView(value)) {
    if (Buffer.isBuffer(value)) return "Buffer";
    if (value instanceof DataView) return "DataView";
    // The tag is the built-in's own, whatever a subclass calls itself.
    const tag = Reflect.get(value, Symbol.toStringTag) as unknown;
    return typeof tag === "string" && restores.has(tag) ? tag : undefined;
  }
  return value instanceof ArrayBuffer ? "ArrayBuffer" : undefined;
}

/** The bytes of a binary value, without copying them. */
export function bytesOf(value: ArrayBufferView | ArrayBuffer): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

/** The value of a kind over the bytes of an attachment; `undefined` for an unknown kind or an odd length. */
export function restoreBinary(kind: unknown, bytes: Buffer): unknown {
  return typeof kind === "string" ? restores.get(kind)?.(bytes) : undefined;
}
