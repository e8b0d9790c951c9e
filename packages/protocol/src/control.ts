import { type CloseReason, isCloseReason } from "./close-reason.ts";
import { ProtocolError } from "./error.ts";
import { refusal } from "./preface.ts";
import type { SessionEnd } from "./session-state.ts";

/** Characters of a bye's message that are passed on. */
const messageLength = 1024;

/** The line of a ping, LF included. Its number comes back in the pong; 0 is a heartbeat. */
export function encodePing(time: number): string {
  return `{"ping":${time}}\n`;
}

/** The line of a pong, LF included. */
export function encodePong(time: number): string {
  return `{"pong":${time}}\n`;
}

/** The number in a ping or pong. Throws `IPC_INVALID_MESSAGE`. */
export function parsePing(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalid("a ping or pong without a whole number");
}

/** The line of a bye, LF included. */
export function encodeBye(reason: CloseReason, message: string | undefined): string {
  return `${JSON.stringify({ bye: { reason, message: message?.slice(0, messageLength) } })}\n`;
}

/** What a peer's bye means for the session. Throws `IPC_INVALID_MESSAGE`. */
export function parseBye(value: unknown): SessionEnd {
  const { reason, message } = (value ?? {}) as { reason?: unknown; message?: unknown };
  if (!isCloseReason(reason)) throw invalid("a bye without a known reason");
  return {
    reason,
    message: typeof message === "string" ? message.slice(0, messageLength) : undefined,
    byPeer: true,
  };
}

const reasonOfCode: Readonly<Record<string, CloseReason>> = {
  IPC_HANDSHAKE_TIMEOUT: "timed-out",
  IPC_HEARTBEAT_TIMEOUT: "timed-out",
  IPC_SLOW_CONSUMER: "slow-consumer",
};

/** What the line `{"error":code}` with which a peer gives up means for the session. */
export function parseError(value: unknown): SessionEnd {
  if (typeof value !== "string") throw invalid("an error without a code");
  return { reason: reasonOfCode[value] ?? "violation", error: refusal(value), byPeer: true };
}

/** The violation of sending something that the protocol has no place for. */
export function invalid(what: string): ProtocolError {
  return new ProtocolError("IPC_INVALID_MESSAGE", "peer", `The peer sent ${what}.`);
}
