import { checkLimit, checkOptions, type OptionNames } from "./check-options.ts";
import { randomInt } from "./primitives.ts";
import { TokenBucket } from "./token-bucket.ts";

/** A server's policy towards handshakes that have not proved the password yet. */
export interface HandshakeLimiterOptions {
  /**
   * Server flights that may be outstanding or lost at once, 1 to 1,000,000, 50 by default: a restart's
   * worth of clients reconnecting together, each of which gives its token back within milliseconds.
   */
  readonly burst?: number;
  /**
   * Lost flights, that is guesses, forgiven per second, 0.001 to 1,000,000, 10 by default: 864,000 guesses
   * a day at most.
   */
  readonly perSecond?: number;
  /** Connections in the middle of a handshake, 1 to 65,536, 128 by default: some 10 KiB each. */
  readonly maxPending?: number;
  /** A uniform whole number below its argument; the system's generator by default. */
  readonly random?: (bound: number) => number;
}

const limiterOptions: OptionNames<HandshakeLimiterOptions> = {
  burst: true,
  perSecond: true,
  maxPending: true,
  random: true,
};

/**
 * Bounds what unauthenticated clients can take from a server: password guesses and half-open connections.
 *
 * A client that receives a server's flight can test one guess without another message, so each flight costs a
 * token at once; the token comes back when the client's Finished verifies, and only then.
 *
 *     begin -- takeFlight --> flight sent -- succeed --> token back
 *       |                         |
 *       `--------- end -----------'  token, if taken, lost
 */
export class HandshakeLimiter<T> {
  readonly #bucket: TokenBucket;
  readonly #maxPending: number;
  readonly #random: (bound: number) => number;
  /** Connections that wait for a flight, and may be dropped. */
  readonly #waiting: T[] = [];
  /** Connections that were answered. */
  readonly #flights = new Set<T>();

  /** Throws `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`. */
  constructor(options: HandshakeLimiterOptions = {}) {
    checkOptions("HandshakeLimiter", options, limiterOptions);
    const { burst = 50, perSecond = 10, maxPending = 128, random = randomInt } = options;
    this.#bucket = new TokenBucket({ burst, perSecond });
    this.#maxPending = checkLimit("maxPending", maxPending, 1, 65_536);
    this.#random = random;
  }

  /** The number of connections in the middle of a handshake. */
  get pending(): number {
    return this.#waiting.length + this.#flights.size;
  }

  /**
   * A connection begins its handshake, which it does once. Above the limit a random one of those
   * without a flight, perhaps the new one itself, is removed and returned: the caller has to close
   * it. First come first served would let an attacker keep every place. A client with a flight is
   * spared, because its Finished may be on its way and a token was spent on it.
   */
  begin(connection: T): T | undefined {
    this.#waiting.push(connection);
    if (this.pending <= this.#maxPending) return undefined;
    return this.#waiting.splice(this.#random(this.#waiting.length), 1)[0];
  }

  /** Tells whether a flight may be computed and sent to this connection now; asked once per connection. */
  takeFlight(connection: T, now: number): boolean {
    const at = this.#waiting.indexOf(connection);
    if (at === -1 || !this.#bucket.take(now)) return false;
    this.#waiting.splice(at, 1);
    this.#flights.add(connection);
    return true;
  }

  /** Milliseconds from `now` until another flight may be sent, to tell a refused client. */
  retryAfter(now: number): number {
    return this.#bucket.timeToNext(now);
  }

  /** The client's Finished has verified: its token comes back and its place is free. */
  succeed(connection: T): void {
    if (this.#flights.has(connection)) this.#bucket.giveBack();
    this.end(connection);
  }

  /** The connection failed, timed out or ended: its place is free, its token stays lost. */
  end(connection: T): void {
    if (this.#flights.delete(connection)) return;
    const at = this.#waiting.indexOf(connection);
    if (at !== -1) this.#waiting.splice(at, 1);
  }
}
