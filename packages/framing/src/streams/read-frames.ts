import type { Frame } from "../frame.ts";
import { type FrameStreamLimits, WholeFrameDecoder } from "./whole-frame-decoder.ts";

/**
 * Iterates over the frames of a socket, a file or any other source of chunks, and asks for the next chunk when the
 * frames of the last are used up. Frames before a violation are yielded; then it throws the `FramingError`.
 * Leaving the loop early closes the source: a socket is destroyed.
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: Partial<FrameStreamLimits> = {},
): AsyncGenerator<Frame, void, void> {
  let frames: Frame[] = [];
  const decoder = new WholeFrameDecoder(limits, (frame) => frames.push(frame));
  for await (const chunk of source) {
    const failure = attempt(() => decoder.decode(chunk));
    const ready = frames;
    frames = [];
    yield* ready;
    if (failure !== undefined) throw failure.error;
  }
  decoder.end();
}

function attempt(work: () => void): { readonly error: unknown } | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return { error };
  }
}
