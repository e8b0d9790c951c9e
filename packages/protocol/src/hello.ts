import { ProtocolError } from "./error.ts";

/** Characters of a name, an application version or a token that a hello or welcome may carry. */
export const labelLength = 256;

/** The client's first control message: who it is, and who it was before. */
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
}

/** The server's answer to a hello: who the client is from now on. */
export interface Welcome {
  /** 128 random bits in base64url, issued by the server. */
  readonly id: string;
  /** Proves the id at the next connection. Secret. */
  readonly token: string;
  /** The server's process id, as it says itself. */
  readonly pid?: number | undefined;
  /** The application's own version. */
  readonly version?: string | undefined;
}

/** The line of a hello, LF included. Members that are `undefined` are left out. */
export function encodeHello(hello: Hello): string {
  const { name, pid, version, id, token } = hello;
  return `${JSON.stringify({ hello: { name, pid, version, id, token } })}\n`;
}

/** The line of a welcome, LF included. */
export function encodeWelcome(welcome: Welcome): string {
  const { id, token, pid, version } = welcome;
  return `${JSON.stringify({ welcome: { id, token, pid, version } })}\n`;
}

/** The hello in a parsed control message. Throws `IPC_INVALID_MESSAGE`. */
export function parseHello(value: unknown): Hello {
  const members = object("hello", value);
  return {
    name: label("hello", members, "name") ?? "",
    pid: processId("hello", members),
    version: label("hello", members, "version"),
    id: label("hello", members, "id"),
    token: label("hello", members, "token"),
  };
}

/** The welcome in a parsed control message. Throws `IPC_INVALID_MESSAGE`. */
export function parseWelcome(value: unknown): Welcome {
  const members = object("welcome", value);
  const id = label("welcome", members, "id");
  const token = label("welcome", members, "token");
  if (id === undefined || token === undefined) throw invalid("welcome", "it gives no id and token");
  return {
    id,
    token,
    pid: processId("welcome", members),
    version: label("welcome", members, "version"),
  };
}

function object(message: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(message, "it is not an object");
}

function label(
  message: string,
  members: Record<string, unknown>,
  name: string,
): string | undefined {
  const value = members[name];
  if (value === undefined || (typeof value === "string" && value.length <= labelLength)) {
    return value;
  }
  throw invalid(message, `its ${name} is not a string of at most ${labelLength} characters`);
}

function processId(message: string, members: Record<string, unknown>): number | undefined {
  const pid = members["pid"];
  if (pid === undefined || (Number.isSafeInteger(pid) && (pid as number) >= 0)) {
    return pid as number | undefined;
  }
  throw invalid(message, "its pid is not a process id");
}

function invalid(message: string, why: string): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_MESSAGE",
    "peer",
    `The peer sent a malformed ${message}: ${why}.`,
  );
}
