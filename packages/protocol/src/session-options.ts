import type { EventEncoder } from "./event-encoder.ts";
import type { Hello } from "./hello.ts";
import type { SessionLimits } from "./limits.ts";
import type { Role } from "./preface.ts";
import type { SessionSecurity } from "./security.ts";

/** What a session is made with. */
export interface SessionOptions {
  readonly role: Role;
  readonly limits: SessionLimits;
  /** Shared by all sessions of an endpoint; made with the same limits. */
  readonly encoder: EventEncoder;
  /** Client: what to say once the server's preface has come. */
  readonly hello?: Hello | undefined;
  /** The password's side of it; without one the session is plaintext. */
  readonly security?: SessionSecurity | undefined;
  /** The clock, in milliseconds; only differences matter. */
  readonly now: number;
}
