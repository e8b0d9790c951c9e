import type { EventEncoder } from "./messages/event-encoder.ts";
import type { SlowConsumerPolicy } from "./delivery/slow-consumer.ts";
import type { Feature } from "./opening/features.ts";
import type { Hello } from "./messages/hello.ts";
import type { SessionLimits } from "./limits.ts";
import type { Role } from "./opening/preface.ts";
import type { Session } from "./session.ts";
import type { SessionSecurity } from "./opening/security.ts";
import type { StreamCarrier } from "./streams/stream-carrier.ts";

/** What a session is made with. */
export interface SessionOptions {
  readonly role: Role;
  readonly limits: SessionLimits;
  /** Shared by all sessions of an endpoint; made with the same limits. */
  readonly encoder: EventEncoder;
  /** Client: what to say once the server's preface has come. */
  readonly hello?: Hello | undefined;
  /** What this side offers beyond the bare wire. Default: all that this version knows and that is possible. */
  readonly features?: readonly Feature[] | undefined;
  /** Client: ask for a session that outlives its connection. Default false. */
  readonly recovers?: boolean | undefined;
  /** Client: the parked session that this connection is to take up. */
  readonly former?: Session | undefined;
  /** What becomes of a peer for which `maxQueuedBytes` wait. Default `disconnect`. */
  readonly slowConsumer?: SlowConsumerPolicy | undefined;
  /** What the application knows as streams; without it the session has none. */
  readonly streams?: StreamCarrier | undefined;
  /** The password's side of it; without one the session is plaintext. */
  readonly security?: SessionSecurity | undefined;
  /** The clock, in milliseconds; only differences matter. */
  readonly now: number;
}
