import { invalidMessage } from "../error.ts";

/** Bytes that a stream may hold however many there are: one message, so that each goes on. */
const ownBytes: number = 64 * 1024;

/** Bytes that the streams of a peer may hold together beside what each may alone: 16 of them at full speed. */
const sharedBytes: number = 16 * 1024 * 1024;

/** The bounds of the room of a peer's streams. */
export interface StreamRoomLimits {
  readonly maxStreams: number;
  readonly streamWindow: number;
  /** Bytes that values may take beyond what was granted, all streams together: the largest one. */
  readonly maxOverdraft: number;
}

/** A stream that waits until there is room for it. */
interface Waiting {
  /** Ask again for room. */
  grant(): void;
}

/**
 * The bytes that the streams of a peer may hold together, granted or come and not read:
 *
 * ```
 *   16 MiB for the first that come, and 64 KiB for each of maxStreams, and what values exceed their credit by
 * ```
 *
 * A stream whose source has ended counts until it is read: how many those are has no other bound.
 */
export class StreamRoom {
  /** The rest of the shared bytes; below 0 while streams have what each may alone. */
  #free: number;
  readonly #least: number;
  readonly #maxOverdraft: number;
  #overdraft = 0;
  readonly #waiting = new Set<Waiting>();

  constructor({ maxStreams, streamWindow, maxOverdraft }: StreamRoomLimits) {
    this.#free = Math.max(sharedBytes, streamWindow);
    this.#least = -maxStreams * ownBytes;
    this.#maxOverdraft = maxOverdraft;
  }

  /** Bytes that a stream with this window, which holds so many, may be granted; 0 or less for none. */
  freeFor(window: number, held: number): number {
    const own = Math.min(ownBytes, window) - held;
    return Math.max(Math.min(own, this.#free - this.#least), this.#free);
  }

  /** Bytes were granted. */
  take(bytes: number): void {
    this.#free -= bytes;
  }

  /** Bytes were read, or will not come. */
  giveBack(bytes: number): void {
    this.#free += bytes;
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    for (const stream of waiting) {
      if (this.#free <= this.#least) return;
      this.#waiting.delete(stream);
      stream.grant();
    }
  }

  /** Values took so many bytes more than was granted. Throws `IPC_INVALID_MESSAGE` beyond the limit. */
  overdraw(bytes: number): void {
    this.#overdraft += bytes;
    if (this.#overdraft > this.#maxOverdraft) {
      throw invalidMessage("values that exceed what was granted by more than one message");
    }
  }

  /** Bytes that were taken beyond what was granted are granted now, or dropped. */
  repay(bytes: number): void {
    this.#overdraft -= bytes;
  }

  /** Let a stream wait that was granted nothing. */
  enqueue(stream: Waiting): void {
    this.#waiting.add(stream);
  }

  /** A stream waits no longer. */
  forget(stream: Waiting): void {
    this.#waiting.delete(stream);
  }
}
