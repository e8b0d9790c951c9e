import { invalidMessage } from "../messages/invalid-message.ts";

interface OpenCall {
  readonly lane: number;
  /** True if the peer does not wait for the answer any more. */
  cancelled: boolean;
}

/** The calls of the peer that are not answered, and the ids that it has used. */
export class InboundCalls {
  readonly #max: number;
  readonly #open = new Map<number, OpenCall>();
  /** The greatest id that has come on each lane. */
  readonly #lastIds: number[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Calls whose work is not done, those included that were cancelled. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Note a call. False if as many are open as may be: it is noted all the same, to be refused.
   * Throws `IPC_INVALID_MESSAGE` for an id that was used before.
   */
  add(id: number, lane: number): boolean {
    if (id <= this.#lastId(lane) || this.#open.has(id)) {
      throw invalidMessage("a call id that was used before");
    }
    while (this.#lastIds.length < lane) this.#lastIds.push(0);
    this.#lastIds[lane] = id;
    const isFree = this.#open.size < this.#max;
    this.#open.set(id, { lane, cancelled: false });
    return isFree;
  }

  /**
   * The peer does not wait for a call any more. False if that is known, or the call is answered.
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
    this.#open.delete(id);
  }

  #lastId(lane: number): number {
    return this.#lastIds[lane] ?? 0;
  }
}
