import { constants } from "node:buffer";
import { checkInteger, type OptionNames } from "./check-options.ts";

/** The hard bounds of one frame; exceeding one ends the decoder. */
export interface FrameLimits {
  /**
   * Bytes of one frame: its line without LF, and all its attachments. From 1 to the longest string of this Node.js.
   * Default 32 MiB: room for a large picture or file, and still bearable when every peer sends one at once.
   */
  readonly maxFrameBytes: number;
  /** Attachments of one frame, from 0 to 65,536. Default 64: each costs a Buffer, however short it is. */
  readonly maxAttachments: number;
  /**
   * Payload bytes of one fragment, from 1 to 2^30. Default 64 KiB, the size of one read of a socket: what comes
   * next waits for no more than that.
   */
  readonly maxFragmentBytes: number;
}

/** The limits a decoder has when none are given. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = Object.freeze({
  maxFrameBytes: 32 * 1024 * 1024,
  maxAttachments: 64,
  maxFragmentBytes: 64 * 1024,
});

/** The names of the limits of a frame. */
export const FRAME_LIMIT_NAMES: OptionNames<FrameLimits> = {
  maxFrameBytes: true,
  maxAttachments: true,
  maxFragmentBytes: true,
};

/** Fills what `limits` leaves out from `base`. Throws `IPC_FRAMING_INVALID_OPTION` for a limit out of its range. */
export function mergeFrameLimits(limits: Partial<FrameLimits>, base: FrameLimits): FrameLimits {
  const {
    maxFrameBytes = base.maxFrameBytes,
    maxAttachments = base.maxAttachments,
    maxFragmentBytes = base.maxFragmentBytes,
  } = limits;
  return {
    // A line becomes one string, so its bytes must fit one.
    maxFrameBytes: checkInteger("maxFrameBytes", maxFrameBytes, 1, constants.MAX_STRING_LENGTH),
    maxAttachments: checkInteger("maxAttachments", maxAttachments, 0, 65_536),
    maxFragmentBytes: checkInteger("maxFragmentBytes", maxFragmentBytes, 1, 2 ** 30),
  };
}
