import { Buffer } from "node:buffer";

/** Bytes that one `read` of a dialled connection takes at most: what libuv suggests for every socket. */
const readBytes = 65_536;

let memory: Buffer | undefined;

/**
 * The memory into which all connections read that were dialled. What is read is handled before the next
 * read of any: one memory is enough, and nothing is left to the garbage collector.
 */
export function readMemory(): Buffer {
  return (memory ??= Buffer.allocUnsafeSlow(readBytes));
}
