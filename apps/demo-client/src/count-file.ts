import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Report } from "@ipc-apps/demo-server/contract";

const lineFeed = 0x0a;

/**
 * Read a file piece by piece; hash it and count its bytes, line feeds and words (runs of anything
 * but white space). Rejects with the system's error.
 */
export async function countFile(file: string, path: string): Promise<Report> {
  const handle = await open(file);
  const { mtimeMs: modified } = await handle.stat();
  const hash = createHash("sha256");
  let [bytes, lines, words, inWord] = [0, 0, 0, false];
  // The stream closes the handle, whatever happens.
  const chunks: AsyncIterable<Buffer> = handle.createReadStream();
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    for (const byte of chunk) {
      if (byte === lineFeed) lines += 1;
      const space = isSpace(byte);
      if (inWord && space) words += 1;
      inWord = !space;
    }
  }
  if (inWord) words += 1;
  return { path, sha256: hash.digest(), modified, bytes, lines, words };
}

/** ASCII's white space: tab to carriage return, and the space. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
