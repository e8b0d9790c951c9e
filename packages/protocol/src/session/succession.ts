import { invalidMessage } from "../error.ts";
import type { RecoveryGrant, RecoveryRequest } from "../messages/recovery.ts";
import type { SessionEnd } from "./session-end.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { SessionParts } from "./session-parts.ts";
import { encodeWelcome, type Welcome } from "../messages/hello.ts";

/** How a client's session that waits for a connection, and the one begun to bring it one, know of each other. */
export class Succession<C extends Reception> {
  /** The recovery that the hello asks for; `undefined` if the session is not to outlive its connection. */
  readonly request: RecoveryRequest | undefined;
  readonly #own: C;
  #former: Succession<C> | undefined;
  /** The session whose connection is asked to take this one up. */
  #bid: Succession<C> | undefined;

  constructor(own: C, recovers: boolean, former: Succession<C> | undefined) {
    this.#own = own;
    this.request = recovers ? ((former && former.#ask()) ?? {}) : undefined;
    if (former === undefined || this.request?.session === undefined) return;
    this.#former = former;
    former.#bid = this;
  }

  /** The instant until which a parked session waits: while a connection is asked, for the answer. */
  keptUntil(deadline: number): number {
    const bid = this.#bid && this.#bid.#own;
    if (bid === undefined || bid.lifecycle.hasAnswer) return deadline;
    return Math.max(deadline, bid.parts.connection.clock.deadline(bid.lifecycle.state));
  }

  /**
   * The server goes on with the session that waits, which is answered; `undefined` if the application
   * has closed that meanwhile. Throws what the server did wrong.
   */
  goOn(grant: RecoveryGrant): C | undefined {
    const { received: theirs } = grant;
    const former = this.release();
    const ours = this.request?.received;
    if (former === undefined || ours === undefined || theirs === undefined) {
      throw invalidMessage("a welcome back to nowhere");
    }
    if (former.lifecycle.phase !== "parked") return undefined;
    if (goOn(former, this.#own, { theirs, ours })) {
      // The secret that was said is used up.
      former.grant = grant;
      return former;
    }
    former.lifecycle.expire("The server has other counts of it.");
    throw invalidMessage("a welcome back that does not fit the session");
  }

  /** The server turns this side away. With what it had `received`, it has ended the session that waits. */
  end(end: SessionEnd, received: number | undefined): void {
    const former = this.release();
    if (received === undefined || former?.lifecycle.phase !== "parked") return;
    former.parts.outbox.confirm(received);
    former.lifecycle.finish(end);
  }

  /** The session that was to go on no longer waits for this one. It is answered, once. */
  release(): C | undefined {
    const former = this.#former;
    this.#former = undefined;
    if (former !== undefined) former.#bid = undefined;
    return former && former.#own;
  }

  /** The recovery member of the hello with which a client goes on with this session; `undefined` if it cannot. */
  #ask(): RecoveryRequest | undefined {
    const { grant, lifecycle, parts } = this.#own;
    if (lifecycle.phase !== "parked" || grant === undefined) return undefined;
    return { session: grant.session, received: parts.acks.received };
  }
}

/** The parts of a session, for another one that takes over its connection. */
export interface Conversation {
  readonly parts: SessionParts;
  readonly lifecycle: Lifecycle;
  /** How often it went on over another connection. */
  recovered: number;
}

/** How a parked session is to go on. */
export interface Resumption {
  /** The number of messages that the peer has received. */
  readonly theirs: number;
  /** The counts that this side has stated. */
  readonly ours: number;
  /** Server: the line that tells the client. */
  readonly welcome?: string | undefined;
}

/**
 * Let a parked session go on over the connection of one that has just begun, whose part ends with
 * that. Answers false, and changes nothing, if the peer's counts do not fit what was sent, or if it
 * offers less than before.
 */
function goOn(
  parked: Conversation,
  begun: Conversation,
  { theirs, ours, welcome }: Resumption,
): boolean {
  const { connection } = begun.parts;
  const { outbox, acks, streams } = parked.parts;
  if (!connection.offersAsMuchAs(parked.parts.connection)) return false;
  if (!outbox.resume(connection.writer, theirs)) return false;
  begun.lifecycle.merge();
  parked.parts.connection = connection;
  connection.messages.redirect(parked.parts);
  outbox.apply(connection.limits, connection.acknowledges);
  streams.setPeerLimit(connection.streams);
  acks.resume(ours);
  if (welcome !== undefined) outbox.writer.pushControl(welcome);
  parked.recovered++;
  parked.lifecycle.resume();
  return true;
}

/** The terms on which a server lets a session go on. */
export interface Readmission {
  /** Messages that the client has received. */
  readonly received: number;
  /** The secret with which the client goes on the next time. */
  readonly session: string;
}

/** Server: a session, with what it has granted its client. */
export interface Reception extends Conversation {
  grant: RecoveryGrant | undefined;
  /** Read what the client has sent before it was accepted. */
  readEarly(now: number): void;
}

/** Begin the session of the client whose hello was delivered, if it is still there. */
export function acceptNew(begun: Reception, welcome: Welcome, now: number): void {
  const { lifecycle, parts } = begun;
  if (lifecycle.phase !== "accepting") return;
  const recovery = parts.connection.acknowledges ? welcome.recovery : undefined;
  parts.outbox.writer.pushControl(encodeWelcome({ ...welcome, recovery }));
  begun.grant = recovery;
  parts.connection.clock.heard(now);
  lifecycle.open();
  begun.readEarly(now);
}

/** Let a parked session go on over the connection of its client. False, and nothing is changed, if it cannot. */
export function acceptBack(
  parked: Reception,
  begun: Reception,
  welcome: Omit<Welcome, "recovery">,
  { received, session }: Readmission,
): boolean {
  const { grant, parts } = parked;
  if (grant === undefined || parked.lifecycle.phase !== "parked") return false;
  // Events that a client sends before its welcome cannot belong to a session that goes on.
  if (begun.lifecycle.phase !== "accepting" || begun.parts.connection.messages.earlyBytes > 0) {
    return false;
  }
  const ours = parts.acks.received;
  const recovery = { ...grant, session, resumed: true, received: ours };
  const line = encodeWelcome({ ...welcome, recovery });
  if (!goOn(parked, begun, { theirs: received, ours, welcome: line })) return false;
  parked.grant = { ...grant, session };
  return true;
}
