import { goOn } from "./conversation.ts";
import { invalidMessage } from "../messages/invalid-message.ts";
import type { Reception } from "./reception.ts";
import type { RecoveryGrant, RecoveryRequest } from "../messages/recovery.ts";
import type { SessionEnd } from "./session-end.ts";

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
  end(end: SessionEnd, received: readonly number[] | undefined): void {
    const former = this.release();
    if (received === undefined || former?.lifecycle.phase !== "parked") return;
    former.parts.outbound.confirm(received);
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
    return { session: grant.session, received: parts.receipts.counts() };
  }
}
