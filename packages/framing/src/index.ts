export { FrameDecoder } from "./frame-decoder.ts";
export type { FrameSink } from "./frame.ts";
export { DEFAULT_FRAME_LIMITS, type FrameLimits } from "./frame-limits.ts";
export { encodeLine } from "./encode-frame.ts";
export { encodeFrame } from "./encode-frame.ts";
export { decodeFrame } from "./decode-frame.ts";
export type { Frame } from "./frame.ts";

export { FragmentDecoder, type FragmentLimits } from "./fragment-decoder.ts";
export { encodeFragments } from "./encode-fragments.ts";
export { MAX_LANE } from "./frame-header.ts";

export {
  LengthPrefixDecoder,
  type LengthPrefixDecoderOptions,
  type PayloadSink,
} from "./length-prefix-decoder.ts";
export { encodeLengthPrefix } from "./encode-length-prefix.ts";
export { encodeLengthPrefixed } from "./encode-length-prefix.ts";
export type { LengthPrefixFormat } from "./length-prefix-format.ts";

export {
  FramingError,
  type FramingErrorCode,
  type FramingErrorContexts,
  isFramingError,
} from "./framing-error.ts";
