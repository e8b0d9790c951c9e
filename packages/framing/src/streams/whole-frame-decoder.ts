import type { Buffer } from "node:buffer";
// From the index and nowhere else, so that both entry points are built on the same file.
import {
  FragmentDecoder,
  type Frame,
  FrameDecoder,
  type FrameSink,
  FramingError,
} from "../index.ts";
import type { FrameStreamLimits } from "./frame-stream-limits.ts";

/** A decoder that joins fragments and hands on whole frames only. */
export class WholeFrameDecoder {
  readonly #decoder: FrameDecoder;
  readonly #trains: FragmentDecoder;
  readonly #sink: FrameSink;

  constructor(limits: Partial<FrameStreamLimits>, deliver: (frame: Frame) => void) {
    // This one has them all, and refuses what there is none of.
    this.#trains = new FragmentDecoder(limits);
    const { maxTrains: _trains, maxBufferedBytes: _bytes, ...frameLimits } = limits;
    this.#decoder = new FrameDecoder(frameLimits);
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
