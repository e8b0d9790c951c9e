import { ProtocolError, quoted, type Blame } from "../error.ts";
import { RollingMap } from "../rolling-map.ts";

/** A call of this side, as its caller knows it. The session hands it back with the outcome. */
export interface Call {
  readonly event: string;
}

interface PendingCall {
  readonly call: Call;
  readonly deadline: number;
  readonly timeout: number;
}

/** The calls of this side that have no outcome yet. */
export class OutboundCalls {
  /** Made for the first call: most sessions make none. */
  #pending: RollingMap<number, PendingCall> | undefined;
  #lastId = 0;
  /**
   * The instant at which `expire` may have something to do; Infinity if never. Not later than the earliest deadline:
   * a scan at that instant makes it exact again.
   */
  deadline: number = Infinity;

  get size(): number {
    return this.#pending?.size ?? 0;
  }

  /** The id that the next call will have. */
  get nextId(): number {
    return this.#lastId + 1;
  }

  /** Note a call under the next id. A timeout of 0 is none. */
  add(call: Call, timeout: number, now: number): number {
    const id = ++this.#lastId;
    const deadline = timeout === 0 ? Infinity : now + timeout;
    (this.#pending ??= new RollingMap()).set(id, { call, deadline, timeout });
    if (deadline < this.deadline) this.deadline = deadline;
    return id;
  }

  /** Take the call of an id off the list; `undefined` if its outcome is known already. */
  take(id: number): Call | undefined {
    const pending = this.#pending?.get(id);
    if (pending === undefined) return undefined;
    this.#pending?.delete(id);
    if (this.size === 0) this.deadline = Infinity;
    return pending.call;
  }

  /** Tell whether an id was ever given. */
  knows(id: number): boolean {
    return id <= this.#lastId;
  }

  /** Take the calls whose time is over off the list. */
  expire(now: number, tell: (id: number, call: Call, error: ProtocolError) => void): void {
    if (now < this.deadline) return;
    this.deadline = Infinity;
    for (const [id, { call, deadline, timeout }] of this.#pending?.entries() ?? []) {
      if (deadline <= now) {
        this.#pending?.delete(id);
        tell(id, call, timedOut(call, timeout));
      } else if (deadline < this.deadline) {
        this.deadline = deadline;
      }
    }
  }

  /** Take all calls off the list. */
  clear(): readonly (readonly [id: number, call: Call])[] {
    const calls = Array.from(
      this.#pending?.entries() ?? [],
      ([id, { call }]) => [id, call] as const,
    );
    this.#pending = undefined;
    this.deadline = Infinity;
    return calls;
  }
}

function timedOut({ event }: Call, timeout: number): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_TIMEOUT",
    "peer",
    `The call ${quoted(event)} had no reply within ${timeout} ms. Its handler may still run.`,
    { context: { event, timeout } },
  );
}

/** The error of a call that was made on a session that is over. */
export function callNotSent(event: string): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "caller",
    `The call ${quoted(event)} was not sent: the session is not open.`,
    { context: { event, outcome: "not sent" } },
  );
}

/** The error of a call that still waited to be sent when its session ended. */
export function callNeverSent({ event }: Call, blame: Blame): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    blame,
    `${ended(blame)} before the call ${quoted(event)} was sent.`,
    { context: { event, outcome: "not sent" } },
  );
}

/** The error of a call that was sent and had no reply when its session ended. */
export function callLost({ event }: Call, blame: Blame): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    blame,
    `${ended(blame)} before the call ${quoted(event)} had a reply; whether its handler ran is unknown.`,
    { context: { event, outcome: "unknown" } },
  );
}

/** Tells how a session has ended; `blame` is the side that ended it. */
function ended(blame: Blame): string {
  return blame === "caller" ? "This side closed the session" : "The session ended";
}
