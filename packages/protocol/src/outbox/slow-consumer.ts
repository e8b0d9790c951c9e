import { ProtocolError } from "../error.ts";
import type { SessionLimits } from "../limits.ts";
/**
 * The treatment of a peer for which `maxQueuedBytes` wait: it loses its session if it makes no progress,
 * or events for it are dropped, the oldest that wait or the new ones. Calls and replies are never
 * dropped: they fail.
 */
export type SlowConsumerPolicy = "disconnect" | "drop-oldest" | "drop-newest";

/** The error of a peer that has taken nothing of too much for too long. */
export function stalledError(bytes: number, stalled: number, limit: number): ProtocolError {
  const milliseconds = Math.round(stalled);
  return new ProtocolError(
    "IPC_SLOW_CONSUMER",
    "peer",
    `${bytes} bytes waited for the peer, which took none of them for ${milliseconds} ms: maxQueuedBytes (${limit}) may wait without progress, for stallTimeout at most. Raise maxQueuedBytes, or emit less after emit has answered false, until drain.`,
    { context: { bytes, limit, stalled: milliseconds } },
  );
}

/** The error of a peer that asks on and on, and does not read the answers. */
export function unreadAnswersError(bytes: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_SLOW_CONSUMER",
    "peer",
    `${bytes} bytes waited for the peer, which went on sending calls or pings and took no answers: maxQueuedBytes (${limit}) of these may wait. Raise maxQueuedBytes if the peer reads later.`,
    { context: { bytes, limit } },
  );
}

/** The error of a message that finds the queue full. */
export function queueFullError(
  bytes: number,
  limit: number,
  option: "maxBurstBytes" | "maxQueuedBytes" = "maxQueuedBytes",
): ProtocolError {
  return new ProtocolError(
    "IPC_QUEUE_FULL",
    "caller",
    `${bytes} bytes wait to be sent (${option} is ${limit}): the message was not accepted. Raise ${option}, or send less after emit has answered false, until drain.`,
    { context: { bytes, limit, option } },
  );
}

/**
 * Bytes a second that a peer takes at least if it can read at all. What may wait takes so long at this
 * rate: 1 s by default.
 */
const leastRate: number = 16 * 1024 * 1024;

/** Milliseconds between two looks at least. */
const leastPeriod = 10;

/** The progress of a peer so far. Any change but more unsent bytes is progress. */
export interface Taken {
  /** Messages acknowledged. */
  readonly acknowledged: number;
  /** The number of times that the connection had passed everything on. */
  readonly drains: number;
  /** Bytes that the connection has not passed on. */
  readonly unsent: number;
}

/**
 * Judges by looks from time to time whether a peer takes something of what waits for it.
 *
 * ```
 *   maxQueuedBytes wait ── next poll is over ──> look ── no progress ──> look ── … ──> stalled
 *                                                 └──── progress: time begins anew
 * ```
 *
 * A peer is stalled without progress for `stallTimeout`; or, when as much again as `maxQueuedBytes`
 * has come together meanwhile, for as long as that takes at 16 MiB a second. What one run of emits
 * has queued before the first look does not count to that.
 */
export class Stall {
  readonly #bound: number;
  readonly #timeout: number;
  readonly #period: number;
  #state: "idle" | "begun" | "watching" = "idle";
  #since = 0;
  #found = 0;
  /** True if a look was asked for because more has come together. */
  #piled = false;
  #taken: Taken = { acknowledged: 0, drains: 0, unsent: 0 };
  /** The instant of the next look: 0 for the next poll, Infinity for none. */
  deadline: number = Infinity;

  constructor({ maxQueuedBytes, stallTimeout }: SessionLimits) {
    this.#bound = maxQueuedBytes;
    this.#timeout = stallTimeout;
    const period = Math.ceil((maxQueuedBytes * 1_000) / leastRate);
    this.#period = Math.min(Math.max(leastPeriod, period), stallTimeout);
  }

  /** So many bytes wait: look at the peer from the next poll on, and once more when twice the bound has come together. */
  note(queued: number): void {
    if (this.#state === "idle") this.#state = "begun";
    else if (this.#state === "begun" || this.#piled || !this.#piles(queued)) return;
    else this.#piled = true;
    this.deadline = 0;
  }

  /** A look is due: none is before `look` or `end` was called. */
  pause(): void {
    this.deadline = Infinity;
  }

  /** Look no more. */
  end(): void {
    this.#state = "idle";
    this.deadline = Infinity;
  }

  /** Look at an instant: answers the milliseconds without progress if the peer is stalled. */
  look(now: number, queued: number, taken: Taken): number | undefined {
    if (this.#state !== "watching" || this.#hasProgressed(taken)) {
      this.#state = "watching";
      this.#since = now;
      this.#found = queued;
      this.#piled = false;
      this.#taken = taken;
    }
    const stalled = now - this.#since;
    const isPiling = stalled >= this.#period && this.#piles(queued);
    if (stalled >= this.#timeout || isPiling) return stalled;
    const soon = stalled < this.#period ? this.#since : now;
    this.deadline = Math.min(soon + this.#period, this.#since + this.#timeout);
    return undefined;
  }

  #piles(queued: number): boolean {
    return queued >= this.#found + this.#bound;
  }

  #hasProgressed({ acknowledged, drains, unsent }: Taken): boolean {
    const before = this.#taken;
    return (
      acknowledged !== before.acknowledged || drains !== before.drains || unsent < before.unsent
    );
  }
}
