import type { Buffer } from "node:buffer";
// From the index and nowhere else, so that both entry points are built on the same file.
import {
  DEFAULT_FRAME_LIMITS,
  FragmentDecoder,
  type FragmentLimits,
  type Frame,
  FrameDecoder,
  type FrameLimits,
  type FrameSink,
  FramingError,
} from "../index.ts";

/** The limits of a stream of frames: those of each frame, and those of frames that arrive in fragments. */
export interface FrameStreamLimits extends FrameLimits, FragmentLimits {}

/** A decoder that joins fragments and hands on whole frames only. */
export class WholeFrameDecoder {
  readonly #decoder: FrameDecoder;
  readonly #trains: FragmentDecoder;
  readonly #sink: FrameSink;

  constructor(limits: Partial<FrameStreamLimits>, deliver: (frame: Frame) => void) {
    // This one knows all of them, and refuses others.
    this.#trains = new FragmentDecoder(limits);
    const { maxFrameBytes, maxAttachments, maxFragmentBytes } = DEFAULT_FRAME_LIMITS;
    // Member by member: limits may be inherited.
    this.#decoder = new FrameDecoder({
      maxFrameBytes: limits.maxFrameBytes ?? maxFrameBytes,
      maxAttachments: limits.maxAttachments ?? maxAttachments,
      maxFragmentBytes: limits.maxFragmentBytes ?? maxFragmentBytes,
    });
    this.#sink = {
      handleLine: (text, attachments) => {
        deliver({ text, attachments });
        return true;
      },
      handleFragment: (lane: number, payload: Buffer, last: boolean) => {
        const frame = this.#trains.push(lane, payload, last);
        if (frame !== undefined) deliver(frame);
        return true;
      },
    };
  }

  /** Delivers the frames that `chunk` completes. Throws `FramingError`. */
  decode(chunk: Uint8Array): void {
    this.#decoder.decode(chunk, this.#sink);
  }

  /** States that no more bytes come. Throws `IPC_FRAMING_TRUNCATED` inside a frame, or with one unfinished. */
  end(): void {
    this.#decoder.end();
    if (this.#trains.openTrains > 0) {
      const buffered = this.#trains.claimedBytes;
      throw new FramingError("IPC_FRAMING_TRUNCATED", { buffered });
    }
  }
}
