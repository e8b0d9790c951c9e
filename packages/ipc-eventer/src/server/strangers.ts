import { HandshakeLimiter } from "@ipc/crypto";
import { type HandshakePermit, ProtocolError } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { ServerPeer } from "./server-peer.ts";

/**
 * Connections that are not welcome yet, with and without a password: two full backlogs of honest
 * clients that come at once, and some 10 KiB for each that says nothing.
 */
const unwelcomePlaces = 1_024;

/** Milliseconds after which a connection asks again when another was answered in this turn of the loop. */
const turnWait = 1;

/**
 * The connections of a server that are not welcome yet: bounded in number, and with a password few and
 * answered at a bounded rate until they have proved it.
 *
 * Over the bound one goes whose session is over and that does not end its connection, or else the one that has
 * been silent longest: an honest client says its hello within milliseconds. Those whose hello has come keep their
 * place until the application has decided.
 */
export class Strangers {
  readonly #limiter: HandshakeLimiter<ServerPeer>;
  /** Those that have our proof and have not given theirs. */
  readonly #answered = new Set<ServerPeer>();
  /** Those whose hello is awaited, oldest first. */
  readonly #silent = new Set<ServerPeer>();
  /** Those whose hello has come and of whom the application decides. */
  readonly #greeted = new Set<ServerPeer>();
  #turnTaken = false;

  /** `handshakeTimeout` is the deadline of each, in milliseconds. */
  constructor(handshakeTimeout: number) {
    this.#limiter = new HandshakeLimiter({ maxPending: placesFor(handshakeTimeout) });
  }

  /** Count one more, which has to prove the password or not; above a limit one is turned away. */
  add(stranger: ServerPeer, proves: boolean): void {
    this.#silent.add(stranger);
    if (this.#silent.size + this.#greeted.size > unwelcomePlaces) {
      const first = this.#firstToGo() ?? stranger;
      this.#turnAway(first);
      if (first === stranger) return;
    }
    const over = proves ? this.#limiter.begin(stranger) : undefined;
    if (over !== undefined) this.#turnAway(over);
  }

  /** Its hello has come. */
  greet(stranger: ServerPeer): void {
    if (this.#silent.delete(stranger)) this.#greeted.add(stranger);
  }

  /** It is welcome. */
  welcome(stranger: ServerPeer): void {
    this.#greeted.delete(stranger);
  }

  /** It is gone. Answers true if it took our proof along, and so may have tested a password. */
  remove(stranger: ServerPeer): boolean {
    this.#limiter.end(stranger);
    this.#silent.delete(stranger);
    this.#greeted.delete(stranger);
    return this.#answered.delete(stranger);
  }

  /** Leave to answer one stranger. `stranger` is asked for later than the permit is made. */
  permit(stranger: () => ServerPeer): HandshakePermit {
    return {
      take: (now) => this.#take(stranger(), now),
      giveBack: () => this.#proved(stranger()),
    };
  }

  /** One that is told already that it does not come in, and has not ended its side; or who is silent longest. */
  #firstToGo(): ServerPeer | undefined {
    for (const greeted of this.#greeted) {
      if (greeted.driver.session.phase === "closing") return greeted;
    }
    const [oldest] = this.#silent;
    return oldest;
  }

  #proved(stranger: ServerPeer): void {
    this.#answered.delete(stranger);
    this.#limiter.succeed(stranger);
  }

  // One poll may bring a hundred prefaces: between two answers, each some curve arithmetic, the loop
  // turns, so that those who are connected do not wait for a crowd.
  #take(stranger: ServerPeer, now: number): number {
    if (this.#turnTaken) return turnWait;
    if (!this.#limiter.takeFlight(stranger, now)) {
      // At once: those that waited for a token would pile up and outnumber each that comes after them,
      // while a client that was turned away asks again in a moment. Not from within its own input.
      realTime.nextTick(() => this.#turnAway(stranger));
      return Infinity;
    }
    this.#answered.add(stranger);
    this.#turnTaken = true;
    realTime.setImmediate(() => {
      this.#turnTaken = false;
    });
    return 0;
  }

  #turnAway(stranger: ServerPeer): void {
    this.remove(stranger);
    stranger.driver.refuse(tooMany());
  }
}

/**
 * A connection that was answered keeps its place until the deadline: with the limiter's rate that are 50 guessers, and
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
    "Too many connections had not been accepted yet; this one was turned away.",
  );
}
