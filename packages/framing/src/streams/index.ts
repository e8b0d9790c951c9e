export { readFrames } from "./read-frames.ts";
export { createFrameDecoder } from "./create-frame-decoder.ts";
export { createFrameEncoder } from "./create-frame-encoder.ts";
export { createWebFrameDecoder } from "./create-web-frame-decoder.ts";
export { createWebFrameEncoder } from "./create-web-frame-encoder.ts";
export type { FrameInput } from "./frame-input.ts";
export type { FrameStreamLimits } from "./whole-frame-decoder.ts";
