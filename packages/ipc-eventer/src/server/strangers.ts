import { HandshakeLimiter } from "@ipc/crypto";
import { type HandshakePermit, ProtocolError } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { ServerPeer } from "./server-peer.ts";

/** Milliseconds after which a stranger asks again when the rate's tokens are spent: they come back ten a second. */
const tokenWait = 10;

/** The same when another was answered in this turn of the loop. */
const turnWait = 1;

/** The connections of a server that have not proved its password yet: few, and answered at a bounded rate. */
export class Strangers {
  readonly #limiter: HandshakeLimiter<ServerPeer>;
  /** Those that have our proof and have not given theirs. */
  readonly #answered = new Set<ServerPeer>();
  #turnTaken = false;

  /** `handshakeTimeout` is the deadline of each, in milliseconds. */
  constructor(handshakeTimeout: number) {
    this.#limiter = new HandshakeLimiter({ maxPending: placesFor(handshakeTimeout) });
  }

  /** Count one more; above the limit a random one is turned away. */
  add(stranger: ServerPeer): void {
    this.#limiter.begin(stranger)?.driver.refuse(tooMany());
  }

  /** It is gone. Answers true if it took our proof along, and so may have tested a password. */
  remove(stranger: ServerPeer): boolean {
    this.#limiter.end(stranger);
    return this.#answered.delete(stranger);
  }

  /** Leave to answer one stranger. `stranger` is asked for later than the permit is made. */
  permit(stranger: () => ServerPeer): HandshakePermit {
    return {
      take: (now) => this.#take(stranger(), now),
      giveBack: () => this.#proved(stranger()),
    };
  }

  #proved(stranger: ServerPeer): void {
    this.#answered.delete(stranger);
    this.#limiter.succeed(stranger);
  }

  // One poll may bring a hundred prefaces: between two answers, each some curve arithmetic, the loop
  // turns, so that those who are connected do not wait for a crowd.
  #take(stranger: ServerPeer, now: number): number {
    if (this.#turnTaken) return turnWait;
    if (!this.#limiter.takeFlight(stranger, now)) return tokenWait;
    this.#answered.add(stranger);
    this.#turnTaken = true;
    realTime.setImmediate(() => {
      this.#turnTaken = false;
    });
    return 0;
  }
}

/**
 * Who was answered keeps the place until the deadline: with the limiter's rate that are 50 guessers, and
 * ten more for each second. At least 28 places are left for others, and 128 there are with 5 seconds.
 */
function placesFor(handshakeTimeout: number): number {
  const guessers = 50 + Math.ceil(handshakeTimeout / 100);
  return Math.min(Math.max(128, guessers + 28), 65_536);
}

function tooMany(): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_HANDSHAKES",
    "peer",
    "Too many connections had not proved the password at once; this one was turned away.",
  );
}
