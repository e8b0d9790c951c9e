import { checkDepth } from "./check-depth.ts";
import { isJsonObject } from "./json-object.ts";

/** Causes of causes that cross with an error. */
const maxCauses = 8;

/** What of an error crosses to the peer. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly stack?: string | undefined;
  readonly cause?: unknown;
  /** The error's own enumerable members, as far as JSON has a text for each. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * An error that happened in the peer's process, as far as it crosses: name, message, code, cause,
 * and own members. The peer's stack is apart, in `remoteStack`, and there only if the peer sends it.
 */
export class RemoteError extends Error {
  readonly code?: string | number;
  readonly remoteStack?: string;

  constructor(record: ErrorRecord) {
    super(record.message, record.cause === undefined ? undefined : { cause: record.cause });
    // Always by definition, never by assignment: a member named __proto__ stays a member.
    for (const [key, value] of Object.entries(record.data ?? {})) {
      if (!(key in this) || key === "__proto__") define(this, key, value, true);
    }
    define(this, "name", record.name, false);
    if (record.code !== undefined) define(this, "code", record.code, true);
    if (record.stack !== undefined) define(this, "remoteStack", record.stack, false);
  }
}

/** What of an error, or of anything else that was thrown, crosses to the peer. */
export function recordError(
  thrown: unknown,
  withStack: boolean,
  causes: number = maxCauses,
): ErrorRecord {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: textOf(thrown), data: { thrown: jsonOf(thrown) } };
  }
  const { name, message, stack, cause } = thrown;
  const code: unknown = "code" in thrown ? thrown.code : undefined;
  return {
    name: textOf(name),
    message: textOf(message),
    code: typeof code === "string" || typeof code === "number" ? code : undefined,
    stack: withStack ? stack : undefined,
    cause: recordCause(cause, withStack, causes),
    data: ownData(thrown),
  };
}

/** The error in a record from the peer; `undefined` if it is none. */
export function restoreError(value: unknown, causes: number = maxCauses): RemoteError | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, message, code, stack, cause, data } = value;
  if (typeof name !== "string" || typeof message !== "string") return undefined;
  return new RemoteError({
    name,
    message,
    code: typeof code === "string" || typeof code === "number" ? code : undefined,
    stack: typeof stack === "string" ? stack : undefined,
    cause: causes > 0 ? restoreCause(cause, causes - 1) : undefined,
    data: isJsonObject(data) ? data : undefined,
  });
}

function recordCause(cause: unknown, withStack: boolean, causes: number): unknown {
  if (cause === undefined || causes === 0) return undefined;
  if (cause instanceof Error) return { error: recordError(cause, withStack, causes - 1) };
  return { value: jsonOf(cause) };
}

function restoreCause(cause: unknown, causes: number): unknown {
  if (!isJsonObject(cause)) return undefined;
  return "error" in cause ? restoreError(cause["error"], causes) : cause["value"];
}

const knownMembers: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "code"]);

function ownData(error: Error): Record<string, unknown> | undefined {
  const data: Record<string, unknown> = { __proto__: null };
  let any = false;
  for (const key of Object.keys(error)) {
    if (knownMembers.has(key)) continue;
    const value = jsonOf(read(error, key));
    if (value === undefined) continue;
    data[key] = value;
    any = true;
  }
  return any ? data : undefined;
}

function read(source: object, key: string): unknown {
  try {
    return Reflect.get(source, key);
  } catch {
    return undefined;
  }
}

/** A copy of a value by way of JSON, `undefined` if it has no text or is nested too deep. */
function jsonOf(value: unknown): unknown {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) return undefined;
    const copy: unknown = JSON.parse(text);
    checkDepth(copy, 64);
    return copy;
  } catch {
    return undefined;
  }
}

function textOf(thrown: unknown): string {
  try {
    return typeof thrown === "string" ? thrown : String(thrown);
  } catch {
    return "something that has no text was thrown";
  }
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
