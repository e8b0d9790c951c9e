import { Readable } from "node:stream";
import { type InboundStream, recordError, type StreamReader } from "@ipc/protocol";

/**
 * A stream of the peer, as a Readable: of bytes, or in object mode of values. Nothing comes before it is read, and
 * destroying it stops the source.
 */
export class IncomingStream extends Readable implements StreamReader {
  readonly #stream: InboundStream;
  readonly #schedule: () => void;
  readonly #sendStacks: boolean;

  /** `schedule` is called when the source's side is to be told something. */
  constructor(stream: InboundStream, schedule: () => void, sendStacks: boolean) {
    // Nothing is read ahead: what waits is held by the session, which joins small chunks and counts them all.
    super({ objectMode: stream.kind === "ValueStream", highWaterMark: 0 });
    this.#stream = stream;
    this.#schedule = schedule;
    this.#sendStacks = sendStacks;
    stream.reader = this;
    // No peer can raise an error without a listener.
    this.on("error", ignore);
  }

  wake(): void {
    this.#pass();
  }

  override _read(): void {
    this.#pass();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.cancel(error === null ? undefined : recordError(error, this.#sendStacks));
    this.#schedule();
    done(error);
  }

  /** Pass on what has come, as long as it is read. */
  #pass(): void {
    if (this.destroyed) return;
    for (;;) {
      const chunk = this.#stream.read();
      if (chunk === undefined) break;
      if (!this.push(chunk)) break;
    }
    if (this.#stream.ended) this.push(null);
    else if (this.#stream.error !== undefined) this.destroy(this.#stream.error);
    this.#schedule();
  }
}

function ignore(): void {
  // Told to the listeners that there are.
}

/** Stop the sources of the streams in a message that no listener or handler gets. */
export function cancelUnread(streams: readonly InboundStream[] | undefined): void {
  if (streams === undefined) return;
  const reason = {
    name: "Error",
    message: "The message that the stream came with was not handled.",
  };
  for (const stream of streams) stream.cancel(reason);
}
