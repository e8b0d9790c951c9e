import { Lane, type Passage, type Remains } from "./lane.ts";
import { laneCount } from "./lanes.ts";

/** The lanes of a session towards the peer, of which each has its turn. */
export class Outgoing {
  readonly #first = new Lane(0);
  #others: (Lane | undefined)[] | undefined;
  #turn = 0;

  /** The lane that everything is on unless its sender says otherwise. */
  get first(): Lane {
    return this.#first;
  }

  /** A lane, made at its first use. */
  lane(index: number): Lane {
    if (index === 0) return this.#first;
    this.#others ??= [];
    return (this.#others[index] ??= new Lane(index));
  }

  /** The lanes in use, with their indexes. */
  *lanes(): Generator<readonly [number, Lane]> {
    yield [0, this.#first];
    for (const [index, lane] of this.#others?.entries() ?? []) {
      if (lane !== undefined) yield [index, lane];
    }
  }

  /** Bytes that wait to be written for the first time. */
  get waitingBytes(): number {
    let bytes = this.#first.waitingBytes;
    if (this.#others !== undefined) {
      for (const lane of this.#others) bytes += lane?.waitingBytes ?? 0;
    }
    return bytes;
  }

  /** Bytes written and not acknowledged. */
  get unconfirmedBytes(): number {
    let bytes = this.#first.unconfirmedBytes;
    if (this.#others !== undefined) {
      for (const lane of this.#others) bytes += lane?.unconfirmedBytes ?? 0;
    }
    return bytes;
  }

  /** True if nothing waits to be written. */
  get idle(): boolean {
    if (!this.#first.idle) return false;
    return this.#others === undefined || this.#others.every((lane) => lane?.idle !== false);
  }

  /** True if something that has a number is not written whole. */
  get isMidway(): boolean {
    for (const [, lane] of this.lanes()) if (lane.isMidway) return true;
    return false;
  }

  /** The instant at which an event that waits has expired; Infinity if none does. */
  get nextExpiry(): number {
    let next = this.#first.queue.nextExpiry;
    if (this.#others !== undefined) {
      for (const lane of this.#others) next = Math.min(next, lane?.queue.nextExpiry ?? Infinity);
    }
    return next;
  }

  /** Add the next piece of the lane whose turn it is. `reach` hears of marks. False if nothing may go. */
  take(passage: Passage, reach: (mark: object, lane: number, sent: number) => void): boolean {
    const turns = this.#others === undefined ? 1 : laneCount;
    for (let tried = 0; tried < turns; tried++) {
      const index = this.#turn;
      const lane = index === 0 ? this.#first : this.#others?.[index];
      let taken = lane?.take(passage) ?? false;
      while (typeof taken === "object") {
        reach(taken, index, lane?.sent ?? 0);
        taken = lane?.take(passage) ?? false;
      }
      this.#turn = (index + 1) % turns;
      if (taken) return true;
    }
    return false;
  }

  /** What every lane holds when the session is over. */
  remains(): readonly Remains[] {
    return Array.from(this.lanes(), ([, lane]) => lane.remains());
  }

  /** Forget everything. */
  clear(): void {
    for (const [, lane] of this.lanes()) lane.clear();
  }
}
