import { isError } from "../realms.ts";
import { ProtocolError } from "../error.ts";
import { maxDepth } from "../limits.ts";

/** The steps from the data to a value in it. */
export type Path = readonly (string | number)[];

/** Characters of a path that are shown; what is further in is left out. */
const shownLength = 200;

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const index = /^(?:0|[1-9]\d*)$/;

const leaveOut = "Leave it out, or send something else in its place.";

/** The caller's error of data that as a whole has no place in a message. */
export function notEncodable(why: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_ENCODABLE",
    "caller",
    `The data cannot be encoded: ${why}. Send JSON data and binary values.`,
    { cause },
  );
}

/** The caller's error of one value in the data that has no place in a message, and what to do about it. */
export function notEncodableAt(
  path: Path,
  what: string,
  advice: string = leaveOut,
  cause?: unknown,
): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_ENCODABLE",
    "caller",
    `The data cannot be encoded: ${pathText(path)} ${what}. ${advice}`,
    { cause },
  );
}

/** The caller's error of a value that cannot be read, because a getter, a `toJSON` or a proxy throws. */
export function notReadableAt(path: Path, cause: unknown): ProtocolError {
  return notEncodableAt(path, `cannot be read: ${whyOf(cause)}`, undefined, cause);
}

/** The text of something thrown, whatever it is. */
export function whyOf(cause: unknown): string {
  try {
    return isError(cause) ? cause.message : String(cause);
  } catch {
    return "something without a text was thrown";
  }
}

/** The caller's error of data that is nested beyond the depth limit. */
export function nestedTooDeep(path: Path): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_DEEP",
    "caller",
    `The data is nested more than ${maxDepth} levels, at ${pathText(path)}. Send flatter data.`,
    { context: { limit: maxDepth } },
  );
}

/** The path to something in the data, as one would write it: `data.rows[3]["a key"]`. */
export function pathText(path: Path): string {
  let text = "data";
  for (const step of path) {
    text += stepText(String(step).slice(0, shownLength));
    if (text.length > shownLength) return `${text.slice(0, shownLength)}…`;
  }
  return text;
}

function stepText(step: string): string {
  if (index.test(step)) return `[${step}]`;
  return identifier.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The violation of sending data that is not written as its serialization wants it. */
export function notDecodable(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_MESSAGE",
    "peer",
    `The peer sent data that cannot be decoded, ${what}. Use the same version of ipc-eventer, or of the codec, on both sides.`,
    { cause },
  );
}

/**
 * The error of data that is written as it should be, and that this side cannot read all the same: its codec throws, or
 * its runtime does not know a regular expression. It costs the event, call, reply or stream, and not the session.
 */
export function notReadable(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_DECODABLE",
    "peer",
    `The peer sent data that this side cannot decode: ${what}. Give both sides the same version of the codec, or of Node.js.`,
    { cause },
  );
}

/** Answers the error of data that cannot be read; throws any other. */
export function asNotReadable(error: unknown): ProtocolError {
  if (error instanceof ProtocolError && error.code === "IPC_NOT_DECODABLE") return error;
  throw error;
}
