import { Transform, type TransformCallback } from "node:stream";
import { TransformStream } from "node:stream/web";
// From the index and nowhere else, so that both entry points are built on the same file.
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  type FrameLimits,
  type FrameSink,
} from "./index.ts";

/** The input of an encoding stream: the text of an ordinary line, or a text with its attachments. */
export type FrameInput =
  | string
  | { readonly text: string; readonly attachments?: readonly Uint8Array[] };

/**
 * Iterates over the frames of a socket, a file or any other source of chunks, and asks for the next chunk when the
 * frames of the last are used up. Frames before a violation are yielded; then it throws the `FramingError`.
 * Leaving the loop early closes the source: a socket is destroyed.
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: Partial<FrameLimits> = {},
): AsyncGenerator<Frame, void, void> {
  let frames: Frame[] = [];
  const decoder = new FrameDecoder(limits);
  const sink = sinkOf((frame) => frames.push(frame));
  for await (const chunk of source) {
    const failure = attempt(() => decoder.decode(chunk, sink));
    const ready = frames;
    frames = [];
    yield* ready;
    if (failure !== undefined) throw failure.error;
  }
  decoder.end();
}

/**
 * Creates a Node.js stream from bytes to `Frame` objects. It takes no further chunk while 16 frames wait to be read;
 * above that it holds at most the frames of one chunk. A violation destroys it with the `FramingError`.
 */
export function createFrameDecoder(limits: Partial<FrameLimits> = {}): Transform {
  const decoder = new FrameDecoder(limits);
  const sink = sinkOf((frame) => stream.push(frame));
  const stream: Transform = new Transform({
    readableObjectMode: true,
    transform(chunk: Uint8Array, _encoding: string, callback: TransformCallback): void {
      settle(() => decoder.decode(chunk, sink), callback);
    },
    flush(callback: TransformCallback): void {
      settle(() => decoder.end(), callback);
    },
  });
  return stream;
}

/**
 * Creates a Node.js stream from `FrameInput` to bytes, attachments uncopied.
 * A text that cannot be a line destroys it with `IPC_FRAMING_INVALID_TEXT`.
 */
export function createFrameEncoder(): Transform {
  return new Transform({
    writableObjectMode: true,
    transform(frame: FrameInput, _encoding: string, callback: TransformCallback): void {
      settle(() => {
        for (const part of encodeInput(frame)) this.push(part);
      }, callback);
    },
  });
}

/**
 * Creates a web stream from bytes to `Frame` objects. It holds at most the frames of one chunk.
 * A violation errors both its sides with the `FramingError`.
 */
export function createWebFrameDecoder(
  limits: Partial<FrameLimits> = {},
): TransformStream<Uint8Array, Frame> {
  const decoder = new FrameDecoder(limits);
  return new TransformStream<Uint8Array, Frame>({
    transform(chunk, controller) {
      const sink = sinkOf((frame) => controller.enqueue(frame));
      decoder.decode(chunk, sink);
    },
    flush() {
      decoder.end();
    },
  });
}

/**
 * Creates a web stream from `FrameInput` to bytes, attachments uncopied.
 * A text that cannot be a line errors both its sides with `IPC_FRAMING_INVALID_TEXT`.
 */
export function createWebFrameEncoder(): TransformStream<FrameInput, Uint8Array> {
  return new TransformStream<FrameInput, Uint8Array>({
    transform(frame, controller) {
      for (const part of encodeInput(frame)) controller.enqueue(part);
    },
  });
}

/** Returns a sink that hands on each frame. */
function sinkOf(deliver: (frame: Frame) => void): FrameSink {
  return {
    handleLine(text, attachments) {
      deliver({ text, attachments });
      return true;
    },
  };
}

/** Encodes what an encoding stream takes. Throws `IPC_FRAMING_INVALID_TEXT`. */
function encodeInput(frame: FrameInput): Uint8Array[] {
  return typeof frame === "string"
    ? encodeFrame(frame, [])
    : encodeFrame(frame.text, frame.attachments ?? []);
}

function attempt(work: () => void): { readonly error: unknown } | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Runs one step of a Node.js stream and tells `callback` how it ended. */
function settle(step: () => void, callback: TransformCallback): void {
  try {
    step();
  } catch (error) {
    callback(isError(error) ? error : new Error("A stream failed.", { cause: error }));
    return;
  }
  callback();
}

// By its tag, since an error of another realm is one too.
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
}
