import type { Driver } from "../driver/driver.ts";
import type { RejectionListener } from "../listening/listeners.ts";

/** The parts of which the library makes a socket. */
export interface SocketInit {
  readonly id: string;
  readonly name: string;
  readonly driver: Driver;
  /** Milliseconds that a call waits for its reply unless it says otherwise. */
  readonly callTimeout: number;
  /** How this side ends the session: a server kicks, a client says goodbye. */
  readonly leave: (reason: string | undefined) => void;
  readonly onRejection: RejectionListener;
}
