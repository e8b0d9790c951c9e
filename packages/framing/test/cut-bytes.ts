import { Buffer } from "node:buffer";

/** One way of cutting the same bytes into chunks. */
export interface Cutting {
  readonly how: string;
  readonly chunks: readonly Buffer[];
}

/** The same bytes whole, byte by byte, in two at every place, and in random cuts that are the same in every run. */
export function cutBytes(bytes: Uint8Array): Cutting[] {
  const whole = Buffer.from(bytes);
  const cuttings: Cutting[] = [
    { how: "whole", chunks: [whole] },
    { how: "byte by byte", chunks: cutEvery(whole, 1) },
    { how: "with empty chunks", chunks: cutEvery(whole, 7).flatMap((c) => [Buffer.alloc(0), c]) },
  ];
  for (let at = 1; at < Math.min(whole.length, 200); at++) {
    cuttings.push({ how: `in two at ${at}`, chunks: [whole.subarray(0, at), whole.subarray(at)] });
  }
  for (let seed = 1; seed <= 20; seed++) {
    cuttings.push({ how: `random cuts ${seed}`, chunks: cutRandomly(whole, seed) });
  }
  return cuttings;
}

/** Chunks of `size` bytes. */
export function cutEvery(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

function cutRandomly(bytes: Buffer, seed: number): Buffer[] {
  const chunks: Buffer[] = [];
  let state = seed;
  let at = 0;
  while (at < bytes.length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const size = 1 + ((state >>> 16) % Math.max(2, bytes.length >>> 2));
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
