export { decodeFrame, FrameDecoder } from "./frame-decoder.ts";
export { DEFAULT_FRAME_LIMITS, type FrameLimits } from "./frame-limits.ts";
export { encodeFrame, encodeLine, type Frame, type FrameSink, MAX_LANE } from "./frame.ts";

export { encodeFragments, FragmentDecoder, type FragmentLimits } from "./fragments.ts";

export {
  encodeLengthPrefix,
  encodeLengthPrefixed,
  LengthPrefixDecoder,
  type LengthPrefixDecoderOptions,
  type LengthPrefixFormat,
  type PayloadSink,
} from "./length-prefix.ts";

export {
  FramingError,
  type FramingErrorCode,
  type FramingErrorContexts,
  isFramingError,
} from "./framing-error.ts";
