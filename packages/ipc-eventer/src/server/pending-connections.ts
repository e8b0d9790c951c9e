import type { HandshakeLimiter } from "@ipc/crypto";
import { ProtocolError } from "@ipc/protocol";
import type { HandshakePermit } from "@ipc/protocol/secure";
import { realTime } from "@ipc/transport";
import type { ServerPeer } from "./clients.ts";
import type { EncryptionCode } from "../encryption.ts";

/**
 * Connections that are not accepted yet, with and without a password: two full backlogs of honest
 * clients that come at once, and some 10 KiB for each that says nothing.
 */
export const maxPendingConnections = 1_024;

/** Milliseconds after which a connection asks again when another was answered in this turn of the loop. */
const turnWait = 1;

/**
 * The connections of a server that are not accepted yet: bounded in number, and with a password few and
 * answered at a bounded rate until they have proved it.
 *
 * Over the bound one is ended whose session is over and that does not end its connection, or else the one that has
 * been silent longest: an honest client says its hello within milliseconds. Those whose hello has come keep their
 * place until middleware has decided or its time is over, also if they are gone by then: its work is bounded too.
 */
export class PendingConnections {
  readonly #handshakeTimeout: number;
  /** Made for the first connection that has to prove a password. */
  #limiter: HandshakeLimiter<ServerPeer> | undefined;
  /** Those that have our proof and have not given theirs. */
  readonly #answered = new Set<ServerPeer>();
  /** Those whose hello is awaited, oldest first. */
  readonly #silent = new Set<ServerPeer>();
  /** Those whose hello has come, about whom no middleware is deciding. */
  readonly #greeted = new Set<ServerPeer>();
  /** Those about whom middleware is deciding; some may be gone. */
  readonly #deciding = new Set<ServerPeer>();
  #turnTaken = false;

  /** `handshakeTimeout` is the deadline of each, in milliseconds. */
  constructor(handshakeTimeout: number) {
    this.#handshakeTimeout = handshakeTimeout;
  }

  /** Count one more, which has to prove the password if there is `code`; above a limit one is turned away. */
  add(peer: ServerPeer, code: EncryptionCode | undefined): void {
    this.#silent.add(peer);
    if (this.#silent.size + this.#greeted.size + this.#deciding.size > maxPendingConnections) {
      const first = this.#firstToEnd() ?? peer;
      this.#turnAway(first);
      if (first === peer) return;
    }
    if (code === undefined) return;
    this.#limiter ??= code.limitHandshakes(placesFor(this.#handshakeTimeout));
    const over = this.#limiter.begin(peer);
    if (over !== undefined) this.#turnAway(over);
  }

  /** Its hello has come. */
  greet(peer: ServerPeer): void {
    if (this.#silent.delete(peer)) this.#greeted.add(peer);
  }

  /** Middleware is asked about it. */
  beginDecision(peer: ServerPeer): void {
    if (this.#greeted.delete(peer)) this.#deciding.add(peer);
  }

  /** Middleware has decided, or its time is over. */
  endDecision(peer: ServerPeer): void {
    const isThere = peer.driver.session.phase !== "closed";
    if (this.#deciding.delete(peer) && isThere) this.#greeted.add(peer);
  }

  /** It is accepted. */
  accept(peer: ServerPeer): void {
    this.#greeted.delete(peer);
  }

  /** It is gone. Answers true if it took our proof along, and so may have tested a password. */
  remove(peer: ServerPeer): boolean {
    this.#limiter?.end(peer);
    this.#silent.delete(peer);
    this.#greeted.delete(peer);
    return this.#answered.delete(peer);
  }

  /** The permit to answer one peer, which is asked for later than the permit is made. */
  permit(peer: () => ServerPeer): HandshakePermit {
    return {
      take: (now) => this.#take(peer(), now),
      giveBack: () => this.#proved(peer()),
    };
  }

  /** One that was told already that it is not accepted, and has not ended its side; or the one that is silent longest. */
  #firstToEnd(): ServerPeer | undefined {
    for (const greeted of this.#greeted) {
      if (greeted.driver.session.phase === "closing") return greeted;
    }
    const [oldest] = this.#silent;
    return oldest;
  }

  #proved(peer: ServerPeer): void {
    this.#answered.delete(peer);
    this.#limiter?.succeed(peer);
  }

  // One poll may bring a hundred prefaces: between two answers, each some curve arithmetic, the loop
  // turns, so that connected clients do not wait for a crowd.
  #take(peer: ServerPeer, now: number): number {
    if (this.#turnTaken) return turnWait;
    if (this.#limiter?.takeFlight(peer, now) !== true) {
      // At once: those that waited for a token would pile up and outnumber each that comes after them,
      // while a client that was turned away asks again in a moment. Not from within its own input.
      realTime.nextTick(() => this.#turnAway(peer));
      return Infinity;
    }
    this.#answered.add(peer);
    this.#turnTaken = true;
    realTime.setImmediate(() => {
      this.#turnTaken = false;
    });
    return 0;
  }

  #turnAway(peer: ServerPeer): void {
    this.remove(peer);
    peer.driver.refuse(tooMany());
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
