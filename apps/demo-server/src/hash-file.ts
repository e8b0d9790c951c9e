import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** Identifies the state of a file. */
export interface FileHash {
  readonly sha256: Buffer;
  /** The time of its last change in milliseconds. */
  readonly modified: number;
}

/** Hash a file piece by piece, however large it is. Rejects with the system's error. */
export async function hashFile(file: string): Promise<FileHash> {
  const handle = await open(file);
  const { mtimeMs } = await handle.stat();
  const hash = createHash("sha256");
  // The stream closes the handle, whatever happens.
  const chunks: AsyncIterable<Buffer> = handle.createReadStream();
  for await (const chunk of chunks) hash.update(chunk);
  return { sha256: hash.digest(), modified: mtimeMs };
}
