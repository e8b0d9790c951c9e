import { Buffer } from "node:buffer";
import { ProtocolError, invalidMessage } from "../error.ts";
import { isJsonObject, ownMembers } from "./json.ts";
import { labelBytes } from "../limits.ts";
import { isCount } from "./bye.ts";
import { fitsBytes } from "./text.ts";

/** The client's first control message: its name, and the id that it had before. */
export interface Hello {
  /** A label for people. Names are not unique and prove nothing. */
  readonly name: string;
  /** The process id of the client, as it says itself. */
  readonly pid?: number | undefined;
  /** The application's own version. */
  readonly version?: string | undefined;
  /** The id that the server gave this client before, with the token that proves it. */
  readonly id?: string | undefined;
  readonly token?: string | undefined;
  /** Present if the client wants its session to outlive the connection. */
  readonly recovery?: RecoveryRequest | undefined;
}

/** The server's answer to a hello: the id of the client from now on. */
export interface Welcome {
  /** 128 random bits in base64url, issued by the server. */
  readonly id: string;
  /** Proves the id at the next connection. Secret. */
  readonly token: string;
  /** The server's process id, as it says itself. */
  readonly pid?: number | undefined;
  /** The application's own version. */
  readonly version?: string | undefined;
  /** Present if the client asked for it and the server grants it. */
  readonly recovery?: RecoveryGrant | undefined;
}

/** The line of a hello, LF included. Members that are `undefined` are left out. Throws `IPC_INVALID_OPTION`. */
export function encodeHello(hello: Hello): string {
  const { name, pid, version, id, token, recovery } = hello;
  checkLabel("name", name);
  checkLabel("version", version);
  checkLabel("id", id);
  checkLabel("token", token);
  checkLabel("session", recovery?.session);
  return `${JSON.stringify({ hello: { name, pid, version, id, token, recovery } })}\n`;
}

/** The line of a welcome, LF included. Throws `IPC_INVALID_OPTION`. */
export function encodeWelcome(welcome: Welcome): string {
  const { id, token, pid, version, recovery } = welcome;
  checkLabel("id", id);
  checkLabel("token", token);
  checkLabel("version", version);
  checkLabel("session", recovery?.session);
  return `${JSON.stringify({ welcome: { id, token, pid, version, recovery } })}\n`;
}

/** The hello in a parsed control message. Throws `IPC_INVALID_MESSAGE`. */
export function parseHello(value: unknown): Hello {
  const members = membersOf("hello", value);
  return {
    name: label("hello", members, "name") ?? "",
    pid: processId("hello", members),
    version: label("hello", members, "version"),
    id: label("hello", members, "id"),
    token: label("hello", members, "token"),
    recovery: parseRecoveryRequest(members["recovery"]),
  };
}

/** The welcome in a parsed control message. Throws `IPC_INVALID_MESSAGE`. */
export function parseWelcome(value: unknown): Welcome {
  const members = membersOf("welcome", value);
  const id = label("welcome", members, "id");
  const token = label("welcome", members, "token");
  if (id === undefined || token === undefined) {
    throw invalidMessage("a welcome that gives no id and token");
  }
  return {
    id,
    token,
    pid: processId("welcome", members),
    version: label("welcome", members, "version"),
    recovery: parseRecoveryGrant(members["recovery"]),
  };
}

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
  const { session, received } = recoveryOf("hello", value);
  if (session === undefined) return {};
  if (!isSession(session) || !isCount(received)) throw malformed("hello");
  return { session, received };
}

/** The recovery member of a welcome. Throws `IPC_INVALID_MESSAGE`. */
export function parseRecoveryGrant(value: unknown): RecoveryGrant | undefined {
  if (value === undefined) return undefined;
  const { session, window, resumed, received } = recoveryOf("welcome", value);
  const known = received === undefined || isCount(received);
  if (!isSession(session) || !isWindow(window) || typeof resumed !== "boolean" || !known) {
    throw malformed("welcome");
  }
  if (resumed && received === undefined) throw malformed("welcome");
  return { session, window, resumed, received };
}

function recoveryOf(message: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isJsonObject(value)) return ownMembers(value);
  throw malformed(message);
}

function isSession(value: unknown): value is string {
  return typeof value === "string" && value !== "" && fitsBytes(value, labelBytes);
}

function isWindow(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < 2 ** 31;
}

function malformed(message: string): Error {
  return invalidMessage(`a ${message} with a malformed recovery`);
}

function membersOf(message: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isJsonObject(value)) return ownMembers(value);
  throw invalidMessage(`a ${message} that is not an object`);
}

function label(
  message: string,
  members: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  const value = members[name];
  if (value === undefined || (typeof value === "string" && fitsBytes(value, labelBytes))) {
    return value;
  }
  throw invalidMessage(`a ${message} whose ${name} is not a string of at most ${labelBytes} bytes`);
}

function processId(
  message: string,
  members: Readonly<Record<string, unknown>>,
): number | undefined {
  const pid = members["pid"];
  if (pid === undefined) return undefined;
  if (typeof pid === "number" && Number.isSafeInteger(pid) && pid >= 0) return pid;
  throw invalidMessage(`a ${message} whose pid is not a process id`);
}

// The peer would take a longer one for a violation.
function checkLabel(name: string, value: string | undefined): void {
  if (value === undefined || fitsBytes(value, labelBytes)) return;
  const bytes = Buffer.byteLength(value);
  throw new ProtocolError(
    "IPC_INVALID_OPTION",
    "caller",
    `The ${name} takes ${bytes} bytes of UTF-8; give one of at most ${labelBytes}.`,
    { context: { option: name, bytes, limit: labelBytes } },
  );
}
