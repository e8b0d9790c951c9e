import type { FragmentLimits, FrameLimits } from "../index.ts";

/** The limits of a stream of frames: those of each frame, and those of frames that arrive in fragments. */
export interface FrameStreamLimits extends FrameLimits, FragmentLimits {}
