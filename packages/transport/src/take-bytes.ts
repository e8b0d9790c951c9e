/**
 * Take `size` bytes off a queue of chunks as one chunk, or all of its first chunk if no size is
 * given. What is taken is nobody else's memory. The queue must hold that many.
 */
export function takeBytes(chunks: Uint8Array[], size?: number): Uint8Array {
  const [first = new Uint8Array()] = chunks;
  if (size === undefined || size === first.byteLength) {
    chunks.shift();
    return first;
  }
  const taken = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const chunk = chunks.shift();
    if (chunk === undefined) break;
    const part = chunk.subarray(0, size - filled);
    taken.set(part, filled);
    filled += part.byteLength;
    if (part.byteLength < chunk.byteLength) chunks.unshift(chunk.subarray(part.byteLength));
  }
  return taken;
}
