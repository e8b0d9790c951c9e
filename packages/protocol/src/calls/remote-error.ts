import { type ErrorRecord, maxCauses } from "./error-record.ts";
import { isJsonObject } from "../messages/json-object.ts";

/**
 * An error that happened in the peer's process, as far as it crosses: name, message, code, cause,
 * and own members. The peer's stack is apart, in `remoteStack`, and there only if the peer sends it.
 */
export class RemoteError extends Error {
  declare readonly code?: string | number;
  declare readonly remoteStack?: string;

  constructor(record: RestoredRecord) {
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

/** A record whose cause is what it stands for. */
interface RestoredRecord extends Omit<ErrorRecord, "cause"> {
  readonly cause?: unknown;
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

function restoreCause(cause: unknown, causes: number): unknown {
  if (!isJsonObject(cause)) return undefined;
  return "error" in cause ? restoreError(cause["error"], causes) : cause["value"];
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
