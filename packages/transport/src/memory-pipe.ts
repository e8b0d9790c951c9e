/** Runs a task later: `setImmediate`, or the queue of a virtual clock. Tasks keep their order. */
export type Schedule = (task: () => void) => void;

/** The receiving end of a pipe. */
export interface PipeReader {
  receive(chunk: Uint8Array): void;
  /** Takes the end, after the last chunk; with an error if the pipe broke. */
  receiveEnd(error: Error | undefined): void;
}

/**
 * A gate between the two ends of a memory pipe, for tests: it decides when and in which sizes
 * bytes pass, and can neither reorder nor change them.
 */
export interface PipeGate {
  /** True if anything may pass now. */
  readonly open: boolean;
  /** Bytes have entered the pipe, or, with 0, its end has. */
  admit(byteLength: number): void;
  /** The content of the pipe was dropped, but for so many bytes at its head. */
  keep(bytes: number): void;
  /** The bytes of the next chunk: at least 1, at most those admitted and not yet let through. */
  nextSize(): number;
  /** A chunk of that size has been handed over. */
  letThrough(byteLength: number): void;
}

/**
 * The states of a pipe, in order; it never goes back.
 *
 * ```
 *           what is queued        the end waits for a paused reader   and for the gate
 *  ending   arrives               yes                                 yes
 *  broken   arrives, up to 64 KiB while something is queued           yes
 *  shut     is dropped            no                                  no
 *  ended    has arrived
 * ```
 */
type State = "open" | "ending" | "broken" | "shut" | "ended";

/** Bytes that a system has taken from a closed writer and still delivers. */
const takenBySystem: number = 64 * 1024;

/** One direction of a memory connection: a queue that hands over one chunk per scheduled task. */
export class MemoryPipe {
  readonly #schedule: Schedule;
  readonly #gate: PipeGate | undefined;
  readonly #chunks = new ChunkQueue();
  #reader: PipeReader | undefined;
  #onEmpty: (() => void) | undefined;
  #bytes = 0;
  #flowing = false;
  #scheduled = false;
  #state: State = "open";
  #error: Error | undefined;

  constructor(schedule: Schedule, gate?: PipeGate) {
    this.#schedule = schedule;
    this.#gate = gate;
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

  /** Queue a copy, as a system call does: the writer may not reach into what the reader reads. */
  write(chunk: Uint8Array): void {
    if (this.#state !== "open" || chunk.byteLength === 0) return;
    this.#chunks.push(Uint8Array.from(chunk));
    this.#bytes += chunk.byteLength;
    this.#gate?.admit(chunk.byteLength);
    this.wake();
  }

  /** Let the reader find the end after the last chunk. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#gate?.admit(0);
    this.wake();
  }

  /** Drop what is queued, then end. */
  truncate(): void {
    this.#drop();
    this.end();
    this.wake();
  }

  /** Closes the writing side: delivers what the system would have taken already, drops the rest, and ends the reader. */
  break(error?: Error): void {
    if (this.#state !== "open" && this.#state !== "ending") return;
    this.#drop(takenBySystem);
    this.#state = "broken";
    this.#error = error;
    this.#gate?.admit(0);
    this.wake();
  }

  /** Closes the reading side: drops all chunks, queued and later ones, and ends it at once. */
  shut(error?: Error): void {
    if (this.#state === "shut" || this.#state === "ended") return;
    this.#drop();
    this.#state = "shut";
    this.#error = error;
    this.wake();
  }

  /** Hand over chunks, or hold them. */
  flow(flowing: boolean): void {
    this.#flowing = flowing;
    this.wake();
  }

  /** Look again whether something can be handed over. */
  wake(): void {
    if (this.#scheduled || !this.#hasWork()) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      if (this.#hasWork()) this.#deliver();
      this.wake();
    });
  }

  #hasWork(): boolean {
    if (this.#state === "ended") return false;
    if (this.#state === "shut") return true;
    const waits = this.#state !== "broken" || this.#bytes > 0;
    if (waits && !this.#flowing) return false;
    return (this.#bytes > 0 || this.#state !== "open") && this.#gate?.open !== false;
  }

  #deliver(): void {
    if (this.#bytes === 0) {
      this.#state = "ended";
      const reader = this.#reader;
      // Faults may still refer to the pipe: they must not keep its ends in memory.
      this.#reader = undefined;
      this.#onEmpty = undefined;
      reader?.receiveEnd(this.#error);
      return;
    }
    const chunk = this.#chunks.take(this.#gate?.nextSize());
    const { byteLength } = chunk;
    this.#bytes -= byteLength;
    this.#reader?.receive(chunk);
    // Read memory is used again, as that of sockets is: a reader that kept a view would see this.
    chunk.fill(0);
    if (this.#bytes === 0) this.#onEmpty?.();
    this.#gate?.letThrough(byteLength);
  }

  /** Drop all that is queued but the first bytes. */
  #drop(kept = 0): void {
    if (kept > 0 && this.#bytes <= kept) return;
    this.#chunks.keep(kept);
    this.#bytes = kept;
    this.#gate?.keep(kept);
  }
}

/** Chunks taken out at the head beyond which the queue is made shorter. */
const slack = 64;

/** The chunks of a pipe, taken out in order, whole or in pieces: constant time for each however many wait. */
class ChunkQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;

  /** Put a chunk in. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  /**
   * Take `size` bytes out as one chunk, or all of the first chunk if no size is given. No other code has the
   * memory of what is taken. The queue must hold that many.
   */
  take(size?: number): Uint8Array {
    const first = this.#chunks[this.#head] ?? new Uint8Array();
    if (size === undefined || size === first.byteLength) {
      this.#drop();
      return first;
    }
    const taken = new Uint8Array(size);
    let filled = 0;
    while (filled < size && this.#head < this.#chunks.length) {
      const chunk = this.#chunks[this.#head] ?? first;
      const part = chunk.subarray(0, size - filled);
      taken.set(part, filled);
      filled += part.byteLength;
      if (part.byteLength < chunk.byteLength)
        this.#chunks[this.#head] = chunk.subarray(part.byteLength);
      else this.#drop();
    }
    return taken;
  }

  /** Drop all but so many bytes at the head. */
  keep(bytes: number): void {
    const kept: Uint8Array[] = [];
    let left = bytes;
    for (let index = this.#head; left > 0 && index < this.#chunks.length; index++) {
      const chunk = (this.#chunks[index] ?? new Uint8Array()).subarray(0, left);
      kept.push(chunk);
      left -= chunk.byteLength;
    }
    this.#chunks = kept;
    this.#head = 0;
  }

  #drop(): void {
    this.#head++;
    if (this.#head >= this.#chunks.length) this.keep(0);
    else if (this.#head > slack && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}
