import { ProtocolError, invalidMessage } from "../error.ts";
import { isJsonObject, ownMembers } from "./json.ts";
import { labelLength } from "../limits.ts";
import {
  parseRecoveryGrant,
  parseRecoveryRequest,
  type RecoveryGrant,
  type RecoveryRequest,
} from "./recovery.ts";

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
  if (value === undefined || (typeof value === "string" && value.length <= labelLength)) {
    return value;
  }
  throw invalidMessage(
    `a ${message} whose ${name} is not a string of at most ${labelLength} characters`,
  );
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
  if (value === undefined || value.length <= labelLength) return;
  throw new ProtocolError(
    "IPC_INVALID_OPTION",
    "caller",
    `The ${name} has ${value.length} characters; give one of at most ${labelLength}.`,
    { context: { option: name, length: value.length, limit: labelLength } },
  );
}
