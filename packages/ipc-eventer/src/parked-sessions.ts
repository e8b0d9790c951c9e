/** A session that has no connection. */
interface Parked {
  /** End it: nobody has come for it. */
  lose(): void;
}

/**
 * The sessions of a server that wait for another connection, oldest first. Each has its deadline;
 * beyond a number of them the oldest ends before it.
 */
export class ParkedSessions<P extends Parked> {
  readonly #limit: number;
  readonly #sessions = new Set<P>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** One more waits. */
  add(session: P): void {
    this.#sessions.add(session);
    for (const oldest of this.#sessions) {
      if (this.#sessions.size <= this.#limit) return;
      this.#sessions.delete(oldest);
      oldest.lose();
    }
  }

  /** One has a connection again, or is over. */
  delete(session: P): void {
    this.#sessions.delete(session);
  }
}
