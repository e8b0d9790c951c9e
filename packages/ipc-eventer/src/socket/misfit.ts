import { ProtocolError } from "@ipc/protocol";
import type { Verdict } from "./schema.ts";

/** The report of an event or call whose data a validator has refused. */
export function misfit(
  what: "event" | "call",
  event: string,
  { why, cause }: Extract<Verdict, { ok: false }>,
): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_DATA",
    cause === undefined ? "peer" : "caller",
    `The peer sent ${what === "call" ? "a call" : "an event"} "${event}" whose data does not fit: ${why}. It was dropped.`,
    { context: { event }, cause },
  );
}
