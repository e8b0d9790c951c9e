import type { Buffer } from "node:buffer";
import type { Frame, FrameSink } from "./frame.ts";
import { FramingError } from "./framing-error.ts";

/** A sink that takes exactly one frame, and no fragment. */
export class OneFrame implements FrameSink {
  #frame: Frame | undefined;

  /** True once the frame has come. */
  get full(): boolean {
    return this.#frame !== undefined;
  }

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    if (this.#frame !== undefined) throw notOneFrame();
    this.#frame = { text, attachments };
    return true;
  }

  handleFragment(): boolean {
    throw notOneFrame();
  }

  /** Hands the frame over. Throws `IPC_FRAMING_NOT_ONE_FRAME` if none came. */
  take(): Frame {
    if (this.#frame === undefined) throw notOneFrame();
    return this.#frame;
  }
}

function notOneFrame(): FramingError {
  return new FramingError("IPC_FRAMING_NOT_ONE_FRAME", {});
}
