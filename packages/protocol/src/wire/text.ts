import { Buffer } from "node:buffer";

/** Tell whether a text takes at most so many bytes of UTF-8. */
export function fitsBytes(text: string, bytes: number): boolean {
  // A UTF-16 unit takes one to three bytes.
  if (text.length * 3 <= bytes) return true;
  return text.length <= bytes && Buffer.byteLength(text) <= bytes;
}

/** The beginning of a text that takes at most so many bytes of UTF-8; no character is cut in two. */
export function cutToBytes(text: string, bytes: number): string {
  if (fitsBytes(text, bytes)) return text;
  const kept = Buffer.from(text.slice(0, bytes)).subarray(0, bytes + 1);
  let end = Math.min(bytes, kept.length);
  // A byte that continues a character belongs to the one before.
  while (end > 0 && ((kept[end] ?? 0) & 0xc0) === 0x80) end--;
  return kept.toString("utf8", 0, end);
}
