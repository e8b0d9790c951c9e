import { ProtocolError, quoted } from "../error.ts";
import type { Call } from "./outbound-calls.ts";

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
export function callNeverSent({ event }: Call): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "peer",
    `The session ended before the call ${quoted(event)} was sent.`,
    { context: { event, outcome: "not sent" } },
  );
}

/** The error of a call that was sent and had no reply when its session ended. */
export function callLost({ event }: Call): ProtocolError {
  return new ProtocolError(
    "IPC_CALL_LOST",
    "peer",
    `The session ended before the call ${quoted(event)} had a reply; whether its handler ran is unknown.`,
    { context: { event, outcome: "unknown" } },
  );
}
