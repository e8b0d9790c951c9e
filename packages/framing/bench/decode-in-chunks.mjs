import { FrameDecoder } from "@ipc/framing";

/**
 * Decodes `bytes` in chunks of `chunkBytes`.
 * @param {Buffer} bytes
 * @param {number} chunkBytes
 * @param {import("@ipc/framing").FrameSink} sink
 */
export function decodeInChunks(bytes, chunkBytes, sink) {
  const decoder = new FrameDecoder();
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    decoder.decode(bytes.subarray(at, at + chunkBytes), sink);
  }
  decoder.end();
}
