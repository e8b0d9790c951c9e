import type { HandshakeLimiter } from "@ipc/crypto";
import { ProtocolError } from "@ipc/protocol";
import type { HandshakePermit } from "@ipc/protocol/secure";
import { realTime } from "@ipc/transport";
import type { EncryptionCode } from "../encryption.ts";

/**
 * The most connections that are not accepted yet, with and without a password: two full backlogs of clients that
 * connect at once, and some 10 KiB for each that sends nothing.
 */
export const maxPendingHandshakes = 1_024;

/** A connection that is not accepted: its handshake, or its session when the hello has come. */
export interface PendingConnection {
  readonly phase: string;
  /** Refuses the peer, and closes the connection at once. */
  refuse(error: ProtocolError): void;
}

/** Milliseconds until a connection asks again when another was answered in this turn of the loop. */
const turnWait = 1;

/**
 * The connections of a server that are not accepted yet. Their number is bounded; with a password it is small, and
 * they are answered at a bounded rate until they have proved it.
 *
 * Over the bound a connection is ended: one whose session is over and that does not close, or the one whose hello is
 * missing longest, since a client sends it within milliseconds. A connection with a hello keeps its place until
 * middleware has decided or its time is over, even if it ends before: the work of middleware is bounded too.
 */
export class PendingHandshakes {
  readonly #handshakeTimeout: number;
  /** Made for the first connection that has to prove a password. */
  #limiter: HandshakeLimiter<PendingConnection> | undefined;
  /** Connections that have the server's proof and have not sent theirs. */
  readonly #answered = new Set<PendingConnection>();
  /** Connections without a hello so far, oldest first. */
  readonly #silent = new Set<PendingConnection>();
  /** Connections with a hello about which no middleware decides. */
  readonly #greeted = new Set<PendingConnection>();
  /** Connections about which middleware decides; some may have ended. */
  readonly #deciding = new Set<PendingConnection>();
  #turnTaken = false;

  /** `handshakeTimeout` is the deadline of each, in milliseconds. */
  constructor(handshakeTimeout: number) {
    this.#handshakeTimeout = handshakeTimeout;
  }

  /** Adds a connection, which has to prove the password if there is `code`; above a limit one is refused. */
  add(peer: PendingConnection, code: EncryptionCode | undefined): void {
    this.#silent.add(peer);
    if (this.#silent.size + this.#greeted.size + this.#deciding.size > maxPendingHandshakes) {
      const first = this.#firstToEnd() ?? peer;
      this.#refuse(first);
      if (first === peer) return;
    }
    if (code === undefined) return;
    this.#limiter ??= code.limitHandshakes(placesFor(this.#handshakeTimeout));
    const over = this.#limiter.begin(peer);
    if (over !== undefined) this.#refuse(over);
  }

  /** Handles the hello of a connection. */
  greet(peer: PendingConnection): void {
    if (this.#silent.delete(peer)) this.#greeted.add(peer);
  }

  /** Lets the session of a connection have its place. */
  replace(handshake: PendingConnection, session: PendingConnection): void {
    if (this.#greeted.delete(handshake)) this.#greeted.add(session);
    this.remove(handshake);
  }

  /** Begins the time in which middleware decides. */
  beginDecision(peer: PendingConnection): void {
    if (this.#greeted.delete(peer)) this.#deciding.add(peer);
  }

  /** Ends it: middleware has decided, or its time is over. */
  endDecision(peer: PendingConnection): void {
    const isThere = peer.phase !== "closed";
    if (this.#deciding.delete(peer) && isThere) this.#greeted.add(peer);
  }

  /** Removes a connection that is accepted. */
  accept(peer: PendingConnection): void {
    this.#greeted.delete(peer);
  }

  /** Removes a connection that has ended. Answers true if it had the server's proof, and so may have tested a password. */
  remove(peer: PendingConnection): boolean {
    this.#limiter?.end(peer);
    this.#silent.delete(peer);
    this.#greeted.delete(peer);
    return this.#answered.delete(peer);
  }

  /** Makes the permit to answer a peer, which itself is made later. */
  permit(peer: () => PendingConnection): HandshakePermit {
    return {
      take: (now) => this.#take(peer(), now),
      giveBack: () => this.#proved(peer()),
    };
  }

  /** Finds a connection that was refused and has not closed, or the one whose hello is missing longest. */
  #firstToEnd(): PendingConnection | undefined {
    for (const greeted of this.#greeted) {
      if (greeted.phase === "closing") return greeted;
    }
    const [oldest] = this.#silent;
    return oldest;
  }

  #proved(peer: PendingConnection): void {
    this.#answered.delete(peer);
    this.#limiter?.succeed(peer);
  }

  // One poll may bring a hundred prefaces. The loop turns between two answers, each some curve arithmetic, so that
  // connected clients do not wait for all of them.
  #take(peer: PendingConnection, now: number): number {
    if (this.#turnTaken) return turnWait;
    if (this.#limiter?.takeFlight(peer, now) !== true) {
      // Waiting connections would outnumber those that come after them, while a refused client dials again soon. Not from
      // within its own input.
      realTime.nextTick(() => this.#refuse(peer));
      return Infinity;
    }
    this.#answered.add(peer);
    this.#turnTaken = true;
    realTime.setImmediate(() => {
      this.#turnTaken = false;
    });
    return 0;
  }

  #refuse(peer: PendingConnection): void {
    this.remove(peer);
    peer.refuse(tooMany());
  }
}

/**
 * Returns the places of connections that have to prove a password. An answered connection keeps its place until the
 * deadline: with the limiter's rate that are 50 guessers, and ten more for each second. At least 28 places are left for
 * others; with 5 seconds there are 128.
 */
function placesFor(handshakeTimeout: number): number {
  const guessers = 50 + Math.ceil(handshakeTimeout / 100);
  return Math.min(Math.max(128, guessers + 28), 65_536);
}

function tooMany(): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_HANDSHAKES",
    "peer",
    "Too many connections were not accepted yet, so this one was refused. Connect again in a moment.",
  );
}
