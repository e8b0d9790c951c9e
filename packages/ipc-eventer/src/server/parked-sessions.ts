/** A parked session: it has no connection. */
interface Parked {
  /** End it: nobody has come for it. */
  lose(): void;
}

/**
 * The sessions of a server that wait for another connection. Each has its deadline; beyond a number of
 * them the one that began last ends before it. So whoever opens sessions and drops them in a loop ends
 * his own, and not those of clients that were there before.
 */
export class ParkedSessions<P extends Parked> {
  readonly #limit: number;
  /** Each with its number: a session that began later has a higher one. */
  readonly #sessions = new Map<P, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** One more waits. */
  add(session: P, serial: number): void {
    this.#sessions.set(session, serial);
    if (this.#sessions.size <= this.#limit) return;
    const [last] = [...this.#sessions].reduce((one, other) => (other[1] > one[1] ? other : one));
    this.#sessions.delete(last);
    last.lose();
  }

  /** One has a connection again, or is over. */
  delete(session: P): void {
    this.#sessions.delete(session);
  }
}
