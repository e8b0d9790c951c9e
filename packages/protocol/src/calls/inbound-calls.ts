import { invalidMessage } from "../error.ts";

/** Bytes that a call takes beside its data: its entries, its handler's promises and what they keep. */
const callOverhead = 1024;

/** The bounds of the calls of a peer that are not answered. */
export interface InboundCallLimits {
  readonly maxCalls: number;
  /** Bytes of all of them; a single larger one goes alone. */
  readonly maxCallBytes: number;
}

interface OpenCall {
  readonly lane: number;
  /** Bytes that it counts to the limit. */
  readonly bytes: number;
  /** True if the peer no longer waits for the answer. */
  cancelled: boolean;
}

/** The calls of the peer that are not answered, and the ids that it has used. */
export class InboundCalls {
  readonly #limits: InboundCallLimits;
  readonly #open = new Map<number, OpenCall>();
  /** The greatest id that has come on each lane. */
  readonly #lastIds: number[] = [];
  /** Bytes of those that are open. */
  #bytes = 0;

  constructor(limits: InboundCallLimits) {
    this.#limits = limits;
  }

  /** Calls whose work is not done, those included that were cancelled. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Note a call whose message has `size` bytes. Answers whether it may run: one beyond the limits is noted all
   * the same, to be refused. Throws `IPC_INVALID_MESSAGE` for an id that was used before.
   */
  add(id: number, lane: number, size: number): "free" | "too many" | "too large" {
    if (id <= this.#lastId(lane) || this.#open.has(id)) {
      throw invalidMessage("a call id that was used before");
    }
    while (this.#lastIds.length < lane) this.#lastIds.push(0);
    this.#lastIds[lane] = id;
    const { maxCalls, maxCallBytes } = this.#limits;
    const bytes = size + callOverhead;
    const fits = this.#bytes === 0 || this.#bytes + bytes <= maxCallBytes;
    this.#open.set(id, { lane, bytes, cancelled: false });
    this.#bytes += bytes;
    if (this.#open.size > maxCalls) return "too many";
    return fits ? "free" : "too large";
  }

  /**
   * The peer no longer waits for a call. False if that is known, or the call is answered.
   * Throws `IPC_INVALID_MESSAGE` for an id that was never given.
   */
  cancel(id: number, lane: number): boolean {
    if (id > this.#lastId(lane)) throw invalidMessage("a cancellation of no call");
    const call = this.#open.get(id);
    // Its place is free when its handler is done: a peer that cancels cannot have more of them run.
    if (call === undefined || call.cancelled) return false;
    call.cancelled = true;
    return true;
  }

  /** The lane on which the peer waits for the answer to a call; `undefined` if it does not. */
  laneOf(id: number): number | undefined {
    const call = this.#open.get(id);
    return call?.cancelled === false ? call.lane : undefined;
  }

  /** The work for a call is done. */
  delete(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.delete(id);
    this.#bytes -= call.bytes;
  }

  #lastId(lane: number): number {
    return this.#lastIds[lane] ?? 0;
  }
}
