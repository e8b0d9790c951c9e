import { Buffer } from "node:buffer";
import { checkInteger, checkOptions, type OptionNames } from "./check-options.ts";
import { FrameDecoder, OneFrame } from "./frame-decoder.ts";
import {
  DEFAULT_FRAME_LIMITS,
  FRAME_LIMIT_NAMES,
  type FrameLimits,
  mergeFrameLimits,
} from "./frame-limits.ts";
import { type Frame, MAX_LANE } from "./frame.ts";
import { FramingError, isFramingError } from "./framing-error.ts";

/**
 * Cuts an encoded frame into a train of fragments of at most `fragmentBytes` (default 64 KiB) on `lane`. Each is an
 * array of its own, a header and then views on the frame, uncopied: other frames may be written between any two.
 * Throws `IPC_FRAMING_INVALID_OPTION` for a lane or size out of its range.
 */
export function encodeFragments(
  lane: number,
  frame: readonly Uint8Array[],
  fragmentBytes: number = DEFAULT_FRAME_LIMITS.maxFragmentBytes,
): Uint8Array[][] {
  checkInteger("lane", lane, 0, MAX_LANE);
  checkInteger("fragmentBytes", fragmentBytes, 1, 2 ** 30);
  let left = frame.reduce((sum, part) => sum + part.byteLength, 0);
  let room = Math.min(fragmentBytes, left);
  let fragment: Uint8Array[] = [encodeHeader(lane, room, room === left)];
  const train = [fragment];
  for (const part of frame) {
    let at = 0;
    while (at < part.byteLength) {
      if (room === 0) {
        room = Math.min(fragmentBytes, left);
        fragment = [encodeHeader(lane, room, room === left)];
        train.push(fragment);
      }
      const end = Math.min(part.byteLength, at + room);
      fragment.push(part.subarray(at, end));
      room -= end - at;
      left -= end - at;
      at = end;
    }
  }
  return train;
}

function encodeHeader(lane: number, payloadBytes: number, last: boolean): Buffer {
  return Buffer.from(`~${lane} ${payloadBytes}${last ? "!" : ""}\n`, "latin1");
}

/** The hard bounds of what a `FragmentDecoder` holds, beside those of each frame. */
export interface FragmentLimits {
  /** Lanes with an unfinished frame at once, from 1 to 65,536. Default 64: each costs a decoder. */
  readonly maxTrains: number;
  /**
   * Bytes of all unfinished frames together, lines and announced attachments, from 1 to 2^40. Default 64 MiB: two
   * of the largest frames.
   */
  readonly maxBufferedBytes: number;
}

const limitNames: OptionNames<FragmentLimits & FrameLimits> = {
  ...FRAME_LIMIT_NAMES,
  maxTrains: true,
  maxBufferedBytes: true,
};

/** The frame of one lane in the making. */
interface Train {
  readonly decoder: FrameDecoder;
  readonly sink: OneFrame;
  /** The bytes that the decoder may hold at present. */
  maxFrameBytes: number;
  receivedBytes: number;
  claimedBytes: number;
}

/**
 * Decodes the fragments of each lane to one ordinary frame. At most one train per lane is open.
 *
 * A payload is decoded as it comes: each byte of an attachment is copied once, to where it stays.
 */
export class FragmentDecoder {
  readonly #trains = new Map<number, Train>();
  readonly #frameLimits: FrameLimits;
  readonly #limits: FragmentLimits;
  #claimedBytes = 0;

  /** Throws `IPC_FRAMING_INVALID_OPTION` for an unknown limit, and for one out of its range. */
  constructor(limits: Partial<FragmentLimits & FrameLimits> = {}) {
    checkOptions(limits, limitNames);
    const { maxTrains = 64, maxBufferedBytes = 2 * DEFAULT_FRAME_LIMITS.maxFrameBytes } = limits;
    checkInteger("maxTrains", maxTrains, 1, 65_536);
    checkInteger("maxBufferedBytes", maxBufferedBytes, 1, 2 ** 40);
    this.#limits = { maxTrains, maxBufferedBytes };
    this.#frameLimits = mergeFrameLimits(limits, DEFAULT_FRAME_LIMITS);
  }

  /** Bytes held of frames that are not complete, and bytes that their attachments will take. */
  get claimedBytes(): number {
    return this.#claimedBytes;
  }

  /** Lanes with a frame that is not complete. */
  get openTrains(): number {
    return this.#trains.size;
  }

  /**
   * Decodes a fragment, or a piece of one. Answers the frame if it is the last. Throws
   * `IPC_FRAMING_TOO_MANY_TRAINS` or `IPC_FRAMING_TRAINS_TOO_LARGE` before memory is taken, what
   * `FrameDecoder` throws, and `IPC_FRAMING_NOT_ONE_FRAME` for fragments, no frame or more than one. That
   * lane is then spoilt: let the error end the stream, as thrown in a sink it does.
   */
  push(lane: number, payload: Uint8Array, last: boolean): Frame | undefined {
    const train = this.#trains.get(lane) ?? this.#open(lane, last);
    this.#bound(lane, train, payload);
    this.#decode(lane, train, payload);
    train.receivedBytes += payload.byteLength;
    this.#claim(train, Math.max(train.receivedBytes, train.decoder.claimedBytes));
    if (!last) return undefined;
    train.decoder.end();
    this.#close(lane, train);
    return train.sink.take();
  }

  /** Forgets the unfinished frame of `lane`, or of every lane. */
  discard(lane?: number): void {
    if (lane === undefined) {
      this.#trains.clear();
      this.#claimedBytes = 0;
      return;
    }
    const train = this.#trains.get(lane);
    if (train !== undefined) this.#close(lane, train);
  }

  #open(lane: number, last: boolean): Train {
    const limits = this.#frameLimits;
    const limit = this.#limits.maxTrains;
    if (!last && this.#trains.size >= limit) {
      throw new FramingError("IPC_FRAMING_TOO_MANY_TRAINS", { limit, lane });
    }
    const { maxFrameBytes } = limits;
    const decoder = new FrameDecoder(limits);
    const train = {
      decoder,
      sink: new OneFrame(),
      maxFrameBytes,
      receivedBytes: 0,
      claimedBytes: 0,
    };
    if (!last) this.#trains.set(lane, train);
    return train;
  }

  #close(lane: number, train: Train): void {
    this.#trains.delete(lane);
    this.#claim(train, 0);
  }

  #claim(train: Train, bytes: number): void {
    this.#claimedBytes += bytes - train.claimedBytes;
    train.claimedBytes = bytes;
  }

  /** Lets a frame have no more than the others leave, one in its own train included. */
  #bound(lane: number, train: Train, { byteLength }: Uint8Array): void {
    const others = this.#claimedBytes - (train.sink.full ? 0 : train.claimedBytes);
    const room = this.#limits.maxBufferedBytes - others;
    if (room < 1 && byteLength > 0) throw this.#tooLarge(lane);
    const maxFrameBytes = Math.min(this.#frameLimits.maxFrameBytes, Math.max(1, room));
    if (maxFrameBytes === train.maxFrameBytes) return;
    train.maxFrameBytes = maxFrameBytes;
    train.decoder.setLimits({ maxFrameBytes });
  }

  #decode(lane: number, { decoder, sink, maxFrameBytes }: Train, payload: Uint8Array): void {
    try {
      decoder.decode(payload, sink);
    } catch (error) {
      const isOwnLimit = maxFrameBytes === this.#frameLimits.maxFrameBytes;
      if (isOwnLimit || !isFramingError(error, "IPC_FRAMING_FRAME_TOO_LARGE")) throw error;
      throw this.#tooLarge(lane);
    }
  }

  #tooLarge(lane: number): FramingError {
    const limit = this.#limits.maxBufferedBytes;
    return new FramingError("IPC_FRAMING_TRAINS_TOO_LARGE", { limit, lane });
  }
}
