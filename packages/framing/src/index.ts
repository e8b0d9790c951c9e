export { decodeFrame, FrameDecoder } from "./frame-decoder.ts";
export {
  DEFAULT_FRAME_LIMITS,
  encodeFrame,
  encodeLine,
  type Frame,
  type FrameLimits,
  type FrameSink,
} from "./frame.ts";

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
