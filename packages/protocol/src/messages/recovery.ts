import { invalidMessage } from "../error.ts";
import { isJsonObject, ownMembers } from "./json.ts";
import { labelLength } from "../limits.ts";

/** The recovery that a client asks for in its hello: a session that can be recovered, or to go on with one. */
export interface RecoveryRequest {
  /** The secret of the session to go on with, as the last welcome of it gave it. */
  readonly session?: string | undefined;
  /** The number of messages that the client has received in it. */
  readonly received?: number | undefined;
}

/** The recovery that a server grants in its welcome. */
export interface RecoveryGrant {
  /** The secret with which the client goes on with the session: random, and used once. */
  readonly session: string;
  /** Milliseconds for which the server keeps the session without a connection. */
  readonly window: number;
  /** True if the session of the request goes on. */
  readonly resumed: boolean;
  /**
   * The number of messages that the server has received in the session of the request; also when it cannot go
   * on, if the server still knows.
   */
  readonly received?: number | undefined;
}

/** The recovery member of a hello. Throws `IPC_INVALID_MESSAGE`. */
export function parseRecoveryRequest(value: unknown): RecoveryRequest | undefined {
  if (value === undefined) return undefined;
  const { session, received } = membersOf("hello", value);
  if (session === undefined) return {};
  if (!isSession(session) || !isCount(received)) throw malformed("hello");
  return { session, received };
}

/** The recovery member of a welcome. Throws `IPC_INVALID_MESSAGE`. */
export function parseRecoveryGrant(value: unknown): RecoveryGrant | undefined {
  if (value === undefined) return undefined;
  const { session, window, resumed, received } = membersOf("welcome", value);
  const known = received === undefined || isCount(received);
  if (!isSession(session) || !isWindow(window) || typeof resumed !== "boolean" || !known) {
    throw malformed("welcome");
  }
  if (resumed && received === undefined) throw malformed("welcome");
  return { session, window, resumed, received };
}

function membersOf(message: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isJsonObject(value)) return ownMembers(value);
  throw malformed(message);
}

function isSession(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= labelLength;
}

function isWindow(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < 2 ** 31;
}

function malformed(message: string): Error {
  return invalidMessage(`a ${message} with a malformed recovery`);
}

/** Tell whether a value from the wire is a number of messages. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
