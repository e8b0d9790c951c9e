import type { Buffer } from "node:buffer";
// From the index and nowhere else, so that both entry points are built on the same file.
import {
  decodeFrame,
  FragmentJoiner,
  type Frame,
  FrameDecoder,
  type FrameSink,
  FramingError,
} from "../index.ts";
import type { FrameStreamLimits } from "./frame-stream-limits.ts";

/** A decoder that joins fragments and hands on whole frames only. */
export class WholeFrameDecoder {
  readonly #decoder: FrameDecoder;
  readonly #joiner: FragmentJoiner;
  readonly #sink: FrameSink;

  constructor(limits: Partial<FrameStreamLimits>, deliver: (frame: Frame) => void) {
    this.#decoder = new FrameDecoder(limits);
    this.#joiner = new FragmentJoiner(limits);
    this.#sink = {
      handleLine: (text, attachments) => {
        deliver({ text, attachments });
        return true;
      },
      handleFragment: (lane: number, payload: Buffer, last: boolean) => {
        const joined = this.#joiner.push(lane, payload, last);
        if (joined !== undefined) deliver(decodeFrame(joined, limits));
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
    if (this.#joiner.openTrains > 0) {
      const buffered = this.#joiner.bufferedBytes;
      throw new FramingError("IPC_FRAMING_TRUNCATED", { buffered });
    }
  }
}
