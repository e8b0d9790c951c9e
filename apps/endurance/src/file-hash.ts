import { createHash, randomBytes } from "node:crypto";
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { pipeline } from "node:stream/promises";

/** The SHA-256 of a file, in hexadecimal. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Write a file of so many MiB, each different. */
export function writeRandomFile(path: string, mebibytes: number): void {
  const file = openSync(path, "w");
  const block = randomBytes(2 ** 20);
  for (let index = 0; index < mebibytes; index++) {
    block.writeUInt32LE(index, 0);
    writeSync(file, block);
  }
  closeSync(file);
}
