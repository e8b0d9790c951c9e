import { invalidMessage } from "../error.ts";
import { RollingMap } from "../rolling-map.ts";

/** Bytes that a call takes beside its data: its entries, its handler's promises and what they keep. */
const callOverhead = 1024;

/** The bounds of the calls of a peer that are not answered. */
export interface InboundCallLimits {
  readonly maxCalls: number;
  /** Bytes of all of them; a single larger one goes alone. */
  readonly maxCallBytes: number;
}

interface OpenCall {
  /** Bytes that it counts to the limit. */
  readonly bytes: number;
  /** True if the peer no longer waits for the answer. */
  cancelled: boolean;
}

/** The calls of the peer that are not answered, and the ids that it has used. */
export class InboundCalls {
  readonly #limits: InboundCallLimits;
  readonly #open = new RollingMap<number, OpenCall>();
  /** The greatest id that has come. */
  #lastId = 0;
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
  add(id: number, size: number): "free" | "too many" | "too large" {
    if (id <= this.#lastId) throw invalidMessage("a call id that was used before");
    this.#lastId = id;
    const { maxCalls, maxCallBytes } = this.#limits;
    const bytes = size + callOverhead;
    const fits = this.#bytes === 0 || this.#bytes + bytes <= maxCallBytes;
    this.#open.set(id, { bytes, cancelled: false });
    this.#bytes += bytes;
    if (this.#open.size > maxCalls) return "too many";
    return fits ? "free" : "too large";
  }

  /**
   * The peer no longer waits for a call. False if that is known, or the call is answered.
   * Throws `IPC_INVALID_MESSAGE` for an id that was never given.
   */
  cancel(id: number): boolean {
    if (id > this.#lastId) throw invalidMessage("a cancellation of a call that it has not made");
    const call = this.#open.get(id);
    // Its place is free when its handler is done: a peer that cancels cannot have more of them run.
    if (call === undefined || call.cancelled) return false;
    call.cancelled = true;
    return true;
  }

  /** Tell whether the peer waits for the answer to a call. */
  awaits(id: number): boolean {
    return this.#open.get(id)?.cancelled === false;
  }

  /** The work for a call is done. */
  delete(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.delete(id);
    this.#bytes -= call.bytes;
  }
}
