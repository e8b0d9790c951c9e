/** One wait for the peer to have heard everything that was emitted before it. */
interface Flush {
  readonly mark: object;
  /** Marks that are still in the queue of their lane. */
  queued: number;
  /** The count that each lane must be acknowledged up to. */
  readonly targets: Map<number, number>;
}

/** The flushes of a session that are not through yet, oldest first. */
export class Flushes {
  #waiting: Flush[] = [];

  /** True if a flush waits. */
  get any(): boolean {
    return this.#waiting.length > 0;
  }

  /** Begin a wait with marks in so many queues, and with a target for each other lane. */
  add(mark: object, queued: number, targets: ReadonlyMap<number, number>): void {
    this.#waiting.push({ mark, queued, targets: new Map(targets) });
  }

  /** A mark has been reached on a lane, of which `sent` messages are written. */
  reach(mark: object, lane: number, sent: number): void {
    const flush = this.#waiting.find((one) => one.mark === mark);
    if (flush === undefined) return;
    flush.queued--;
    flush.targets.set(lane, sent);
  }

  /** End a wait whose caller no longer waits. */
  delete(mark: object): void {
    this.#waiting = this.#waiting.filter((one) => one.mark !== mark);
  }

  /** Take out what is through, by the counts that the peer has acknowledged. */
  takeDone(acknowledged: (lane: number) => number): readonly object[] {
    const done: object[] = [];
    this.#waiting = this.#waiting.filter(({ mark, queued, targets }) => {
      const through =
        queued === 0 && [...targets].every(([lane, count]) => acknowledged(lane) >= count);
      if (through) done.push(mark);
      return !through;
    });
    return done;
  }

  /** Take out all. */
  clear(): readonly object[] {
    const marks = this.#waiting.map(({ mark }) => mark);
    this.#waiting = [];
    return marks;
  }
}
