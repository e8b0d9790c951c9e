import { Buffer } from "node:buffer";
import { checkInteger } from "./check-integer.ts";
import { DEFAULT_FRAME_LIMITS } from "./frame-limits.ts";
import { FramingError } from "./framing-error.ts";

const BLOCK_BYTES = 64 * 1024;

/** The hard bounds of what a `FragmentJoiner` holds. */
export interface FragmentJoinerLimits {
  /** Lanes with an unfinished frame at once, from 1 to 65,536. Default 64: each holds a block of 64 KiB. */
  readonly maxTrains: number;
  /**
   * Bytes of all unfinished frames together, from 1 to 2^40. Default 64 MiB: two of the largest frames. It counts
   * the bytes of frames as they are encoded, headers of attachments included.
   */
  readonly maxBufferedBytes: number;
}

interface Train {
  readonly blocks: Buffer[];
  open: Buffer;
  filled: number;
  byteLength: number;
}

/**
 * Joins the fragments of each lane to the bytes of one ordinary frame. At most one train per lane is open.
 *
 * Payloads are copied, each byte once, into blocks of 64 KiB: many small fragments cost no more than a few large ones.
 */
export class FragmentJoiner {
  readonly #trains = new Map<number, Train>();
  readonly #limits: FragmentJoinerLimits;
  #bufferedBytes = 0;

  /** Throws `IPC_FRAMING_INVALID_OPTION` for a limit out of its range. */
  constructor(limits: Partial<FragmentJoinerLimits> = {}) {
    const { maxTrains = 64, maxBufferedBytes = 2 * DEFAULT_FRAME_LIMITS.maxFrameBytes } = limits;
    checkInteger("maxTrains", maxTrains, 1, 65_536);
    checkInteger("maxBufferedBytes", maxBufferedBytes, 1, 2 ** 40);
    this.#limits = { maxTrains, maxBufferedBytes };
  }

  /** Bytes held of frames that are not complete. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Lanes with a frame that is not complete. */
  get openTrains(): number {
    return this.#trains.size;
  }

  /**
   * Adds a fragment, or a piece of one. Answers the bytes of the whole frame, in order, if it is the last, and hands
   * their memory over. Throws `IPC_FRAMING_TOO_MANY_TRAINS` or `IPC_FRAMING_TRAINS_TOO_LARGE` before memory is taken.
   * That fragment is then missing from its lane, so let the error end the stream, as thrown in a sink it does.
   */
  push(lane: number, payload: Uint8Array, last: boolean): readonly Buffer[] | undefined {
    this.#checkBytes(lane, payload.byteLength);
    const train = this.#trains.get(lane) ?? this.#open(lane, last);
    append(train, payload, last);
    this.#bufferedBytes += payload.byteLength;
    if (!last) return undefined;
    this.#close(lane, train);
    return [...train.blocks, train.open.subarray(0, train.filled)];
  }

  /** Forgets the unfinished frame of `lane`, or of every lane. */
  discard(lane?: number): void {
    if (lane === undefined) {
      this.#trains.clear();
      this.#bufferedBytes = 0;
      return;
    }
    const train = this.#trains.get(lane);
    if (train !== undefined) this.#close(lane, train);
  }

  #open(lane: number, last: boolean): Train {
    const train = { blocks: [], open: Buffer.alloc(0), filled: 0, byteLength: 0 };
    if (last) return train;
    const limit = this.#limits.maxTrains;
    if (this.#trains.size >= limit) {
      throw new FramingError("IPC_FRAMING_TOO_MANY_TRAINS", { limit, lane });
    }
    this.#trains.set(lane, train);
    return train;
  }

  #close(lane: number, train: Train): void {
    this.#trains.delete(lane);
    this.#bufferedBytes -= train.byteLength;
  }

  #checkBytes(lane: number, added: number): void {
    const limit = this.#limits.maxBufferedBytes;
    if (this.#bufferedBytes + added > limit) {
      throw new FramingError("IPC_FRAMING_TRAINS_TOO_LARGE", { limit, lane });
    }
  }
}

function append(train: Train, payload: Uint8Array, last: boolean): void {
  let at = 0;
  while (at < payload.byteLength) {
    if (train.filled === train.open.length) {
      if (train.filled > 0) train.blocks.push(train.open);
      const left = payload.byteLength - at;
      train.open = Buffer.allocUnsafeSlow(last ? Math.min(left, BLOCK_BYTES) : BLOCK_BYTES);
      train.filled = 0;
    }
    const end = Math.min(payload.byteLength, at + train.open.length - train.filled);
    train.open.set(payload.subarray(at, end), train.filled);
    train.filled += end - at;
    at = end;
  }
  train.byteLength += payload.byteLength;
}
