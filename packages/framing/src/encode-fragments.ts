import { Buffer } from "node:buffer";
import { checkInteger } from "./check-integer.ts";
import { MAX_LANE } from "./frame-header.ts";
import { DEFAULT_FRAME_LIMITS } from "./frame-limits.ts";

/**
 * Cuts an encoded frame into a train of fragments of at most `fragmentBytes` (default 64 KiB) on `lane`. Each is an
 * array of its own, a header and then views on the frame, uncopied: other frames may be written between any two.
 * Throws `IPC_FRAMING_INVALID_OPTION` for a lane or size out of its range.
 */
export function encodeFragments(
  lane: number,
  frame: readonly Uint8Array[],
  fragmentBytes: number = DEFAULT_FRAME_LIMITS.maxFragmentBytes,
): Uint8Array[][] {
  checkInteger("lane", lane, 0, MAX_LANE);
  checkInteger("fragmentBytes", fragmentBytes, 1, 2 ** 30);
  let left = frame.reduce((sum, part) => sum + part.byteLength, 0);
  let room = Math.min(fragmentBytes, left);
  let fragment: Uint8Array[] = [encodeHeader(lane, room, room === left)];
  const train = [fragment];
  for (const part of frame) {
    let at = 0;
    while (at < part.byteLength) {
      if (room === 0) {
        room = Math.min(fragmentBytes, left);
        fragment = [encodeHeader(lane, room, room === left)];
        train.push(fragment);
      }
      const end = Math.min(part.byteLength, at + room);
      fragment.push(part.subarray(at, end));
      room -= end - at;
      left -= end - at;
      at = end;
    }
  }
  return train;
}

function encodeHeader(lane: number, payloadBytes: number, last: boolean): Buffer {
  return Buffer.from(`~${lane} ${payloadBytes}${last ? "!" : ""}\n`, "latin1");
}
