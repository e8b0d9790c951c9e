import { checkDepth } from "../serialization/check-depth.ts";
import { type CauseRecord, type ErrorRecord, maxCauses } from "./error-record.ts";

/** Characters of a name or code that cross. */
const labelLength = 256;

/** Characters of a message or a stack that cross; a longer one is cut. */
const textLength: number = 64 * 1024;

/** Levels of nesting of an own member that crosses: with its chain of causes around it, it stays below the limit of data. */
const memberDepth = 64;

/** Members of an error that have a place of their own in its record. */
const knownMembers: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "code"]);

/**
 * What of an error, or of anything else that was thrown, crosses to the peer. Never throws, whatever
 * getters and proxies are in it.
 */
export function recordError(
  thrown: unknown,
  withStack: boolean,
  causes: number = maxCauses,
): ErrorRecord {
  if (!isError(thrown)) {
    const data = { thrown: copyOf(thrown) };
    return { name: "Error", message: textOf(thrown).slice(0, textLength), data };
  }
  const stack = read(thrown, "stack");
  return {
    name: textOf(read(thrown, "name") ?? "Error").slice(0, labelLength),
    message: textOf(read(thrown, "message") ?? "").slice(0, textLength),
    code: codeOf(thrown),
    stack: withStack && typeof stack === "string" ? stack.slice(0, textLength) : undefined,
    cause: causes > 0 ? recordCause(read(thrown, "cause"), withStack, causes - 1) : undefined,
    data: ownData(thrown),
  };
}

function recordCause(cause: unknown, withStack: boolean, causes: number): CauseRecord | undefined {
  if (cause === undefined) return undefined;
  return isError(cause)
    ? { error: recordError(cause, withStack, causes) }
    : { value: copyOf(cause) };
}

function codeOf(error: object): string | number | undefined {
  const code = read(error, "code");
  if (typeof code === "string") return code.slice(0, labelLength);
  return typeof code === "number" ? code : undefined;
}

function ownData(error: object): Record<string, unknown> | undefined {
  // Without a prototype, a member named __proto__ is a member like any other.
  const data: Record<string, unknown> = { __proto__: null };
  for (const key of keysOf(error)) {
    if (knownMembers.has(key)) continue;
    const value = copyOf(read(error, key));
    if (value !== undefined) data[key] = value;
  }
  return Object.keys(data).length === 0 ? undefined : data;
}

// By its tag, since an error of another realm is one too.
function isError(thrown: unknown): thrown is object {
  try {
    return thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
  } catch {
    return false;
  }
}

function keysOf(source: object): readonly string[] {
  try {
    return Object.keys(source);
  } catch {
    return [];
  }
}

function read(source: object, key: string): unknown {
  try {
    return Reflect.get(source, key);
  } catch {
    return undefined;
  }
}

/** A copy of a value by way of JSON, `undefined` if it has no text or is nested too deep. */
function copyOf(value: unknown): unknown {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) return undefined;
    const copy: unknown = JSON.parse(text);
    checkDepth(copy, memberDepth);
    return copy;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "something without a text";
  }
}
