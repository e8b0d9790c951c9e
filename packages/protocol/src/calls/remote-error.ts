import { Buffer } from "node:buffer";
import { isJsonObject, ownMember, ownMembers } from "../wire/json.ts";

/**
 * An error that happened in the peer's process, as far as it crosses: name, message, code, cause, the errors of an
 * aggregate, and own members. The peer's stack is apart, in `remoteStack`, and there only if the peer sends it.
 */
export class RemoteError extends Error {
  declare readonly code?: string | number;
  declare readonly remoteStack?: string;
  /** Of an AggregateError the errors that it is of; a member of that name is whatever the peer has sent. */
  declare readonly errors?: readonly unknown[];

  constructor(record: RestoredRecord) {
    super(record.message, record.cause === undefined ? undefined : { cause: record.cause });
    // Always by definition, never by assignment: a member named __proto__ stays a member.
    const { data = {} } = record;
    for (const key of Object.keys(data).slice(0, maxValues)) {
      if (!(key in this) || key === "__proto__") define(this, key, data[key], true);
    }
    define(this, "name", record.name, false);
    if (record.code !== undefined) define(this, "code", record.code, true);
    if (record.stack !== undefined) define(this, "remoteStack", record.stack, false);
    if (record.errors !== undefined) define(this, "errors", record.errors, false);
  }
}

/** A record in which stands what causes and errors stand for. */
interface RestoredRecord extends Omit<ErrorRecord, "cause" | "errors"> {
  readonly cause?: unknown;
  readonly errors?: readonly unknown[] | undefined;
}

/** The error in a record from the peer; `undefined` if it is none. Of all the errors in it, 128 are restored. */
export function restoreError(value: unknown): RemoteError | undefined {
  return new Restoring().error(value, maxCauses);
}

class Restoring {
  // Each has a stack of its own, which costs far more than its text.
  #errors = maxErrors;

  error(value: unknown, causes: number): RemoteError | undefined {
    if (!isJsonObject(value)) return undefined;
    const { name, message, code, stack, cause, errors, data } = ownMembers(value);
    if (typeof name !== "string" || typeof message !== "string") return undefined;
    this.#errors--;
    return new RemoteError({
      name,
      message,
      code: typeof code === "string" || typeof code === "number" ? code : undefined,
      stack: typeof stack === "string" ? stack : undefined,
      cause: causes > 0 ? this.#cause(cause, causes - 1) : undefined,
      errors: causes > 0 ? this.#aggregated(errors, causes - 1) : undefined,
      data: isJsonObject(data) ? data : undefined,
    });
  }

  #cause(cause: unknown, causes: number): unknown {
    if (!isJsonObject(cause)) return undefined;
    if (!Object.hasOwn(cause, "error")) return ownMember(cause, "value");
    return this.#errors > 0 ? this.error(cause["error"], causes) : undefined;
  }

  #aggregated(errors: unknown, causes: number): readonly unknown[] | undefined {
    if (!Array.isArray(errors)) return undefined;
    return errors.slice(0, maxErrors).map((one) => this.#cause(one, causes));
  }
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

/** The form in which an error crosses to the peer. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly stack?: string | undefined;
  readonly cause?: CauseRecord | undefined;
  /** The errors that an `AggregateError` is of. */
  readonly errors?: readonly CauseRecord[] | undefined;
  /** The error's own enumerable members, as far as JSON has a text for each. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** A cause, or a member of an aggregate: `{ error }` for an error, `{ value }` for anything else. */
export type CauseRecord = { readonly error: ErrorRecord } | { readonly value: unknown };

/** Errors that lead from an error to one that crosses with it: causes of causes, and errors of aggregates. */
export const maxCauses = 8;

/** Errors that cross as one: causes and the errors of aggregates included. */
export const maxErrors = 128;

/**
 * Values in the members of an error and its causes, in and beneath each: a peer's data can mention one object
 * so often that its copies would have no end. As many members are read of each error that a peer sends.
 */
export const maxValues = 4096;

/** Characters of a name or code that cross. */
export const nameLength = 256;

/** Characters of the message of an error that was too large with all that belongs to it. */
const shortLength = 1024;

/**
 * The line of an error, as `encode` writes it, in at most so many bytes, LF left aside: at least 16 KiB. A
 * larger one goes without its stack, causes and members, and with the beginning of its message. Every error
 * leaves through this.
 */
export function encodeWithin(
  record: ErrorRecord,
  most: number,
  encode: (record: ErrorRecord) => string,
): string {
  const line = encode(record);
  const bytes = Buffer.byteLength(line) - 1;
  if (bytes <= most) return line;
  const { name, message, code } = record;
  return encode({
    name: name.slice(0, nameLength),
    message: `${message.slice(0, shortLength)}… (cut: the error takes ${bytes} bytes, and its receiver accepts ${most})`,
    code: typeof code === "string" ? code.slice(0, nameLength) : code,
  });
}
