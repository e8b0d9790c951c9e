/** A parked session: it has no connection. */
interface Parked {
  readonly driver: {
    /** End it: nothing will take it up. */
    lose(): void;
  };
}

/** The rank of a parked session. */
interface Place {
  /** Milliseconds for which it was connected. */
  readonly connected: number;
  /** A session that was parked later has a higher one. */
  readonly serial: number;
}

/**
 * The sessions of a server that wait for another connection, in a bounded number of places.
 *
 * Half of the places are for those that were connected longest, the rest for those that were parked
 * last. So no crowd can hold all places: a session that is parked now has one whatever the others
 * did, until so many others were parked after it; and one that was connected long is not displaced by
 * sessions that are opened and dropped in a loop.
 */
export class ParkedSessions<P extends Parked> {
  readonly #longestPlaces: number;
  readonly #latestPlaces: number;
  /** Those that were connected longest. */
  readonly #longest = new Map<P, Place>();
  /** All others. */
  readonly #latest = new Map<P, Place>();
  #serial = 0;

  constructor(limit: number) {
    this.#longestPlaces = Math.floor(limit / 2);
    this.#latestPlaces = Math.floor(limit) - this.#longestPlaces;
  }

  get size(): number {
    return this.#longest.size + this.#latest.size;
  }

  /** One more waits; it was connected for so many milliseconds. */
  add(session: P, connected: number): void {
    this.delete(session);
    this.#longest.set(session, { connected, serial: ++this.#serial });
    if (this.#longest.size > this.#longestPlaces) {
      move(leastOf(this.#longest, "connected"), this.#longest, this.#latest);
    }
    if (this.#latest.size <= this.#latestPlaces) return;
    const first = leastOf(this.#latest, "serial");
    if (first === undefined) return;
    this.#latest.delete(first);
    first.driver.lose();
  }

  /** One has a connection again, or is over. */
  delete(session: P): void {
    if (!this.#longest.delete(session)) this.#latest.delete(session);
  }

  /** End those that something is true of. */
  loseThose(wanted: (session: P) => boolean): void {
    for (const session of [...this.#longest.keys(), ...this.#latest.keys()]) {
      if (!wanted(session)) continue;
      this.delete(session);
      session.driver.lose();
    }
  }
}

/** The session with the least of something; of several the one that was parked last. */
function leastOf<P>(places: ReadonlyMap<P, Place>, what: keyof Place): P | undefined {
  let least: P | undefined;
  let value = Infinity;
  for (const [session, place] of places) {
    if (place[what] > value) continue;
    least = session;
    value = place[what];
  }
  return least;
}

function move<P>(session: P | undefined, from: Map<P, Place>, to: Map<P, Place>): void {
  const place = session && from.get(session);
  if (session === undefined || place === undefined) return;
  from.delete(session);
  to.set(session, place);
}
