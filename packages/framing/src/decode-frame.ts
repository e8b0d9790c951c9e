import type { Buffer } from "node:buffer";
import type { Frame } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import type { FrameLimits } from "./frame-limits.ts";
import type { FrameSink } from "./frame-sink.ts";
import { FramingError } from "./framing-error.ts";

/**
 * Decodes bytes that are exactly one frame, and no fragment: what `encodeFrame` returns and `FragmentJoiner` joins.
 * Throws as `FrameDecoder` does, and `IPC_FRAMING_NOT_ONE_FRAME` for fragments, no frame or more than one.
 */
export function decodeFrame(
  bytes: readonly Uint8Array[],
  limits: Partial<FrameLimits> = {},
): Frame {
  const decoder = new FrameDecoder(limits);
  const sink = new OneFrame();
  for (const part of bytes) decoder.decode(part, sink);
  decoder.end();
  return sink.take();
}

class OneFrame implements FrameSink {
  #frame: Frame | undefined;

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    if (this.#frame !== undefined) throw notOneFrame();
    this.#frame = { text, attachments };
    return true;
  }

  handleFragment(): boolean {
    throw notOneFrame();
  }

  take(): Frame {
    if (this.#frame === undefined) throw notOneFrame();
    return this.#frame;
  }
}

function notOneFrame(): FramingError {
  return new FramingError("IPC_FRAMING_NOT_ONE_FRAME", {});
}
