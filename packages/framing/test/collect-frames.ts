import { Buffer } from "node:buffer";
import { FrameDecoder, type FrameLimits, type FrameSink, FramingError } from "@ipc/framing";

/** A frame as the tests compare it: attachments in Latin-1. */
export type SeenFrame = readonly [text: string, ...attachments: string[]];

/** A sink that notes what it gets. */
export class FrameCollector implements FrameSink {
  readonly frames: SeenFrame[] = [];

  handleLine(text: string, attachments: readonly Buffer[]): boolean {
    this.frames.push([text, ...attachments.map((a) => a.toString("latin1"))]);
    return true;
  }
}

/** The outcome of a decoder: the frames, and the code of the error that ended it. */
export interface Outcome {
  readonly frames: readonly SeenFrame[];
  readonly error?: string;
}

/** Decodes `chunks` and ends. Each chunk is overwritten afterwards, as a read buffer that is reused would be. */
export function collectFrames(
  chunks: readonly Uint8Array[],
  limits: Partial<FrameLimits> = {},
): Outcome {
  const collector = new FrameCollector();
  const decoder = new FrameDecoder(limits);
  try {
    for (const chunk of chunks) {
      const borrowed = Buffer.from(chunk);
      decoder.decode(borrowed, collector);
      borrowed.fill(0x23);
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    return { frames: collector.frames, error: error.code };
  }
  return { frames: collector.frames };
}
