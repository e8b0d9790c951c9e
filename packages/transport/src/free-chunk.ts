/** Bytes below which memory is left to the garbage collector, as it costs no more. */
const freedFromBytes = 1024;

/** Memory as newer engines have it. */
interface Movable {
  readonly byteLength: number;
  transfer?(length: number): unknown;
}

/**
 * Give the memory of a chunk back that is no longer read, if it is the chunk's alone.
 *
 * Left to the garbage collector, the chunks of a fast connection make it run again and again, since
 * it counts their bytes: for large data that costs more than all the rest. Moving them to an empty
 * buffer frees them at once. Node.js 20 cannot do that.
 */
export function freeChunk({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < freedFromBytes || buffer.byteLength !== byteLength) return;
  // Memory that is shared cannot be moved, and has no such method.
  const memory: Movable = buffer;
  memory.transfer?.(0);
}
