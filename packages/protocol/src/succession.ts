import type { Reception } from "./reception.ts";
import type { RecoveryRequest } from "./recovery.ts";

/** How a client's session that waits for a connection, and the one begun to bring it one, know of each other. */
export class Succession<C extends Reception> {
  /** What the hello asks for; `undefined` if the session is not to outlive its connection. */
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

  /** The session that was to go on, once: it does not wait for this one any more. */
  takeFormer(): C | undefined {
    const former = this.#former;
    this.#former = undefined;
    if (former !== undefined) former.#bid = undefined;
    return former && former.#own;
  }

  /** The instant until which a parked session waits: while a connection is asked, for the answer. */
  keptUntil(deadline: number): number {
    const bid = this.#bid && this.#bid.#own;
    if (bid === undefined || bid.lifecycle.hasAnswer) return deadline;
    return Math.max(deadline, bid.parts.connection.clock.deadline(bid.lifecycle.state));
  }

  /** What a client says in its hello to go on with this session; `undefined` if it cannot. */
  #ask(): RecoveryRequest | undefined {
    const { grant, lifecycle, parts } = this.#own;
    if (lifecycle.phase !== "parked" || grant === undefined) return undefined;
    return { session: grant.session, received: parts.receipts.counts() };
  }
}
