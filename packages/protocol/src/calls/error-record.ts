import { Buffer } from "node:buffer";

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
