/** Runs a task later: `setImmediate`, or the queue of a virtual clock. Tasks keep their order. */
export type Schedule = (task: () => void) => void;

/** The receiving end of a pipe. */
export interface PipeReader {
  receive(chunk: Uint8Array): void;
  /** After the last chunk. With an error the pipe broke. */
  receiveEnd(error: Error | undefined): void;
}

/** One direction of a memory connection: a queue that hands over one chunk per scheduled task. */
export class MemoryPipe {
  readonly #schedule: Schedule;
  readonly #chunks: Uint8Array[] = [];
  #reader: PipeReader | undefined;
  #onEmpty: (() => void) | undefined;
  #bytes = 0;
  #flowing = false;
  #scheduled = false;
  #end: { error: Error | undefined } | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Bytes written and not handed over yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Join the pipe to its two ends. `onEmpty` is called whenever the last chunk was taken. */
  connect(reader: PipeReader, onEmpty: () => void): void {
    this.#reader = reader;
    this.#onEmpty = onEmpty;
  }

  /** Queue a copy, as a system call does: the writer may not reach into what the reader owns. */
  write(chunk: Uint8Array): void {
    this.#chunks.push(Uint8Array.from(chunk));
    this.#bytes += chunk.byteLength;
    this.#wake();
  }

  /** Let the reader find the end after the last chunk. Only the first call counts. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** Drop what is queued, then end. */
  break(error?: Error): void {
    this.#chunks.length = 0;
    this.#bytes = 0;
    // A broken pipe does not wait for a reader that has paused.
    this.#flowing = true;
    this.end(error);
  }

  /** Hand over chunks, or hold them. */
  flow(flowing: boolean): void {
    this.#flowing = flowing;
    this.#wake();
  }

  #wake(): void {
    if (this.#scheduled || !this.#hasWork()) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      if (this.#hasWork()) this.#deliver();
      this.#wake();
    });
  }

  #hasWork(): boolean {
    return this.#flowing && (this.#chunks.length > 0 || this.#end !== undefined);
  }

  #deliver(): void {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      this.#flowing = false;
      this.#reader?.receiveEnd(this.#end?.error);
      return;
    }
    this.#bytes -= chunk.byteLength;
    this.#reader?.receive(chunk);
    if (this.#chunks.length === 0) this.#onEmpty?.();
  }
}
