import { AsyncResource } from "node:async_hooks";
import { finished, Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import {
  isByteBody,
  isError,
  type OutboundStream,
  recordError,
  type Streamable,
  type StreamSource,
} from "@ipc/protocol";

/** Bytes of a Web stream that are read ahead: as many as leave in one message. */
const aheadBytes: number = 64 * 1024;

/** Reads a source that was sent, a chunk when its stream asks for one, and lets go of it when it is no longer read. */
export class ReadableSource implements StreamSource {
  readonly #readable: Readable;
  readonly #stream: OutboundStream;
  readonly #schedule: () => void;
  readonly #sendStacks: boolean;
  /** Of the code that sends the source: a generator runs in it. */
  readonly #context = new AsyncResource("IPCStream");
  #state: "new" | "open" | "over" = "new";

  /** `schedule` is called when the stream has something to send. */
  constructor(
    source: Streamable,
    stream: OutboundStream,
    schedule: () => void,
    sendStacks: boolean,
  ) {
    this.#readable = readableOf(source, stream.kind === "ValueStream");
    this.#stream = stream;
    this.#schedule = schedule;
    this.#sendStacks = sendStacks;
    // From now on, so that an error before the first read is no uncaught one.
    finished(this.#readable, { writable: false }, (error) => this.#finish(error));
  }

  pull(): void {
    if (this.#state === "over") return;
    this.#context.runInAsyncScope(() => this.#read());
  }

  stop(error: Error): void {
    this.#state = "over";
    this.#context.runInAsyncScope(() => this.#readable.destroy(error));
  }

  #read(): void {
    // The listener alone would make it read.
    if (this.#state === "new") this.#readable.on("data", (chunk) => this.#give(chunk));
    this.#state = "open";
    this.#readable.resume();
  }

  #give(chunk: unknown): void {
    if (this.#state === "over") return;
    try {
      const more = this.#stream.push(typeof chunk === "string" ? this.#bytesOf(chunk) : chunk);
      if (!more) this.#readable.pause();
      this.#schedule();
    } catch (error) {
      // A value that cannot be sent.
      this.#readable.destroy(isError(error) ? error : undefined);
    }
  }

  /** The bytes of text, which a source of bytes with an encoding gives. */
  #bytesOf(text: string): unknown {
    if (this.#stream.kind === "ValueStream") return text;
    return Buffer.from(text, this.#readable.readableEncoding ?? "utf8");
  }

  #finish(error: Error | null | undefined): void {
    if (this.#state === "over") return;
    this.#state = "over";
    if (error === null || error === undefined) this.#stream.end();
    else this.#stream.fail(recordError(error, this.#sendStacks));
    this.#schedule();
  }
}

/** Let go of a source that is not sent. Never throws: one that another reader has locked is left to that. */
export function discardSource(source: Streamable, error: Error): void {
  try {
    const readable = readableOf(source, true);
    readable.on("error", ignore);
    readable.destroy(error);
  } catch {
    // It was not ours to read.
  }
}

function readableOf(source: Streamable, objectMode: boolean): Readable {
  if (source instanceof Readable) return source;
  if (isByteBody(source)) {
    const stream = source.stream?.() ?? source.body;
    return stream === undefined || stream === null
      ? Readable.from([])
      : readableOf(stream, objectMode);
  }
  if (isWebStream(source)) {
    const highWaterMark = objectMode ? 1 : aheadBytes;
    return Readable.fromWeb(source, { objectMode, highWaterMark });
  }
  return Readable.from(source, { objectMode: true, highWaterMark: 1 });
}

function isWebStream(source: Streamable): source is ReadableStream<unknown> {
  return "getReader" in source && typeof source.getReader === "function";
}

function ignore(): void {
  // The code that has the source is told of it.
}
