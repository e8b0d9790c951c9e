import type { MessageEncoder } from "./messages/message-encoder.ts";
import type { SlowConsumerPolicy } from "./outbox/slow-consumer.ts";
import type { Feature, Role } from "./opening/preface.ts";
import type { Hello } from "./messages/hello.ts";
import type { SessionLimits } from "./limits.ts";
import type { SessionSecurity } from "./opening/opening.ts";
import type { StreamCarrier } from "./streams/stream-carrier.ts";

/** The options of a session that takes up no parked one. */
export interface NewSessionOptions {
  readonly role: Role;
  readonly limits: SessionLimits;
  /** Shared by all sessions of an endpoint; made with the same limits. */
  readonly encoder: MessageEncoder;
  /** Client: what to say once the server's preface has come. */
  readonly hello?: Hello | undefined;
  /**
   * The features that this side offers beyond the bare wire. Default: all that this version knows and that
   * are possible.
   */
  readonly features?: readonly Feature[] | undefined;
  /** Client: ask for a session that outlives its connection. Default false. */
  readonly recovers?: boolean | undefined;
  /** The treatment of a peer for which `maxQueuedBytes` wait. Default `disconnect`. */
  readonly slowConsumer?: SlowConsumerPolicy | undefined;
  /** The application's kind of streams; without it the session has none. */
  readonly streams?: StreamCarrier | undefined;
  /** The password's side of it; without one the session is plaintext. */
  readonly security?: SessionSecurity | undefined;
  /** The clock, in milliseconds; only differences matter. */
  readonly now: number;
}
