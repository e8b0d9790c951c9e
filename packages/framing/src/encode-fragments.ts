import { Buffer } from "node:buffer";
import { checkInteger } from "./check-integer.ts";
import { MAX_LANE } from "./frame-header.ts";
import { DEFAULT_FRAME_LIMITS } from "./frame-limits.ts";

/**
 * Cuts an encoded frame into a train of fragments of at most `fragmentBytes` (default 64 KiB) on `lane`: for each a
 * header, then views on the frame, uncopied. Other frames may be written before any header but the first.
 * Throws `IPC_FRAMING_INVALID_OPTION` for a lane or size out of its range.
 */
export function encodeFragments(
  lane: number,
  frame: readonly Uint8Array[],
  fragmentBytes: number = DEFAULT_FRAME_LIMITS.maxFragmentBytes,
): Uint8Array[] {
  checkInteger("lane", lane, 0, MAX_LANE);
  checkInteger("fragmentBytes", fragmentBytes, 1, 2 ** 30);
  const parts: Uint8Array[] = [];
  let left = frame.reduce((sum, part) => sum + part.byteLength, 0);
  let room = 0;
  const beginFragment = (): void => {
    room = Math.min(fragmentBytes, left);
    left -= room;
    parts.push(Buffer.from(`~${lane} ${room}${left === 0 ? "!" : ""}\n`, "latin1"));
  };
  if (left === 0) beginFragment();
  for (const part of frame) {
    let at = 0;
    while (at < part.byteLength) {
      if (room === 0) beginFragment();
      const end = Math.min(part.byteLength, at + room);
      parts.push(part.subarray(at, end));
      room -= end - at;
      at = end;
    }
  }
  return parts;
}
