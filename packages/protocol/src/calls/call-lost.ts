import { type Blame, ProtocolError, quoted } from "../error.ts";
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
