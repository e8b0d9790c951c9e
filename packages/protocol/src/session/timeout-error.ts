import { ProtocolError } from "../error.ts";

/** The error of a peer that did not answer in time: what was awaited, for how long, and our own loop's lag. */
export function timeoutError(
  code: "IPC_HANDSHAKE_TIMEOUT" | "IPC_HEARTBEAT_TIMEOUT",
  awaited: string,
  waited: number,
  lag: number,
): ProtocolError {
  const [waitedMs, lagMs] = [Math.round(waited), Math.round(lag)];
  return new ProtocolError(
    code,
    "peer",
    `Waited ${waitedMs} ms for ${awaited}; this side's own event loop was ${lagMs} ms late.`,
    { context: { waited: waitedMs, lag: lagMs } },
  );
}
