import { Buffer } from "node:buffer";
import { type ErrorRecord, type RemoteError, restoreError } from "../calls/remote-error.ts";
import { checkDepth, isJsonObject, ownMember, parseJson } from "../wire/json.ts";
import { invalidMessage, ProtocolError, type Blame } from "../error.ts";
import { maxDepth } from "../limits.ts";
import { asNotReadable, notReadable } from "../serialization/encoding-error.ts";
import type { Serialization } from "../serialization/serialization.ts";

/** The beginning of every message of a stream that may be long. */
const streamOpening = '{"stream":{"id":';

/** The most credit that a stream may have, in bytes. */
export const maxCredit: number = 2 ** 31 - 1;

/**
 * The messages between the two ends of a stream. The `id` is given by the side that sends the stream.
 *
 * ```
 *   *len {"stream":{"id":n}}             bytes of it            from its source
 *   {"stream":{"id":n,"data":value}}     a value of it          from its source
 *   {"stream":{"id":n,"end":true}}       that was all           from its source
 *   {"stream":{"id":n,"error":{…}}}      the source failed      from its source
 *   {"stream":{"id":n,"credit":bytes}}   as much more may come  from its reader
 *   {"stream":{"id":n,"cancel":{…}}}     nothing more is read   from its reader
 * ```
 */
export interface StreamMessage {
  readonly type: "stream";
  readonly id: number;
  readonly word: StreamWord;
}

/**
 * Bytes that a value costs beside its own, and each of its attachments: its place among those that wait, and the
 * objects that it becomes. A bound in bytes of text alone would let millions of small ones wait.
 */
const valueOverhead = 128;

/** The cost of a value of so many bytes with so many attachments, of its stream's credit. */
export function valueCost(size: number, attachments: number): number {
  return size + valueOverhead * (1 + attachments);
}

/** A value as it came, from which it can be made again. */
export interface ValueSource {
  readonly text: string;
  readonly attachments: readonly Buffer[];
}

/** The content of a message of a stream. */
export type StreamWord =
  | { readonly kind: "bytes"; readonly chunk: Buffer; readonly cost: number }
  | ({ readonly kind: "value"; readonly chunk: unknown; readonly cost: number } & ValueSource)
  | { readonly kind: "unreadable"; readonly error: ProtocolError; readonly cost: number }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly error: RemoteError }
  | { readonly kind: "credit"; readonly bytes: number }
  | { readonly kind: "cancel"; readonly error: RemoteError | undefined };

/** The line before a chunk of bytes, LF left off. */
export function bytesText(id: number): string {
  return `${streamOpening}${id}}}`;
}

/**
 * The message of a chunk of bytes in a line as `bytesText` writes it; `undefined` for any other, which is to
 * be parsed.
 */
export function readStreamBytes(
  text: string,
  attachments: readonly Buffer[],
): StreamMessage | undefined {
  const [chunk] = attachments;
  if (chunk === undefined || chunk.length === 0 || attachments.length > 1) return undefined;
  if (!text.startsWith(streamOpening) || !text.endsWith("}}")) return undefined;
  const id = idOf(text.slice(streamOpening.length, -2));
  if (id === undefined) return undefined;
  return { type: "stream", id, word: { kind: "bytes", chunk, cost: chunk.length } };
}

/** The line of a value, from its JSON text, LF included. */
export function encodeStreamValue(id: number, text: string): string {
  return `${streamOpening}${id},"data":${text}}}\n`;
}

/** The line of a stream's end, LF included. */
export function encodeStreamEnd(id: number): string {
  return `${streamOpening}${id},"end":true}}\n`;
}

/** The line of a stream whose source has failed, LF included. */
export function encodeStreamError(id: number, error: ErrorRecord): string {
  return `${JSON.stringify({ stream: { id, error } })}\n`;
}

/** The line that grants so many bytes more, LF included. */
export function encodeCredit(id: number, bytes: number): string {
  return `${streamOpening}${id},"credit":${bytes}}}\n`;
}

/** The line with which a reader wants no more, LF included. */
export function encodeStreamCancel(id: number, error?: ErrorRecord): string {
  return `${JSON.stringify({ stream: { id, cancel: { error } } })}\n`;
}

/** The id of a stream in the attachment that stands for it, in decimal digits. Throws `IPC_INVALID_MESSAGE`. */
export function readStreamId(digits: string): number {
  const id = idOf(digits);
  if (id === undefined) throw badId();
  return id;
}

/** The number of an id as this side writes one: `Number` takes `0x1`, `1e0` and white space too. */
function idOf(digits: string): number | undefined {
  const id = Number(digits);
  return Number.isSafeInteger(id) && id >= 1 && String(id) === digits ? id : undefined;
}

function badId(): ProtocolError {
  return invalidMessage("a stream's id that is not a whole number of at least 1");
}

/** A value of a stream, from its message that was read before. Throws what its data may be refused for. */
export function decodeStreamValue(
  { text, attachments }: ValueSource,
  serialization: Serialization,
): unknown {
  const message = parseJson(text);
  const word = isJsonObject(message) ? message["stream"] : undefined;
  return serialization.decode(isJsonObject(word) ? word["data"] : undefined, text, attachments);
}

/**
 * The message of a stream in a parsed control message. Throws `IPC_INVALID_MESSAGE` and what its data may be
 * refused for.
 */
export function parseStream(
  value: unknown,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
): StreamMessage {
  if (!isJsonObject(value)) throw invalidMessage("a malformed message of a stream");
  const id = ownMember(value, "id");
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1) throw badId();
  return { type: "stream", id, word: parseWord(value, text, attachments, serialization) };
}

/** The words of a stream that have no attachment. */
const words = ["end", "error", "credit", "cancel"] as const;

function parseWord(
  value: Record<string, unknown>,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
): StreamWord {
  if (Object.hasOwn(value, "data")) {
    return parseValue(value["data"], text, attachments, serialization);
  }
  const [bytes] = attachments;
  if (bytes !== undefined) {
    if (attachments.length > 1) throw invalidMessage("a stream's bytes in several attachments");
    if (bytes.length === 0) throw invalidMessage("a stream's chunk of no bytes");
    if (words.some((word) => Object.hasOwn(value, word))) {
      throw invalidMessage("a message of a stream with an attachment that has no place there");
    }
    return { kind: "bytes", chunk: bytes, cost: bytes.length };
  }
  if (ownMember(value, "end") === true) return { kind: "end" };
  const error = ownMember(value, "error");
  if (error !== undefined) return { kind: "error", error: parseError(error) };
  const credit = ownMember(value, "credit");
  if (credit !== undefined) return { kind: "credit", bytes: parseCredit(credit) };
  const cancel = ownMember(value, "cancel");
  if (!isJsonObject(cancel)) throw invalidMessage("a message of a stream without a known member");
  const reason = ownMember(cancel, "error");
  return { kind: "cancel", error: reason === undefined ? undefined : parseError(reason) };
}

/** A value, unless there is none in what a codec has made of it. */
function parseValue(
  json: unknown,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
): StreamWord {
  if (json === null) throw invalidMessage("a stream's value that is null");
  const cost = costOf(text, attachments);
  try {
    const chunk = serialization.decode(json, text, attachments);
    if (chunk === undefined || chunk === null) {
      throw notReadable("it is null or undefined, which is no value of a stream");
    }
    return { kind: "value", chunk, cost, text, attachments };
  } catch (error) {
    return { kind: "unreadable", error: asNotReadable(error), cost };
  }
}

/** The cost of a value that has come: its message's text and attachments, and what it takes beside them. */
function costOf(text: string, attachments: readonly Buffer[]): number {
  const bytes = attachments.reduce((sum, { length }) => sum + length, Buffer.byteLength(text));
  return valueCost(bytes, attachments.length);
}

function parseCredit(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= maxCredit) {
    return value;
  }
  throw invalidMessage("a credit that is not a whole number of bytes");
}

function parseError(value: unknown): RemoteError {
  const error = restoreError(value);
  if (error === undefined) throw invalidMessage("a malformed error");
  checkDepth(value, maxDepth);
  return error;
}

/** The error of a stream whose session ended before it did; `blame` is the side that ended it. */
export function streamLost(cause: Error | undefined, blame: Blame): ProtocolError {
  const ended = blame === "caller" ? "This side closed the session" : "The session ended";
  const text = `${ended} before the stream had ended.`;
  return new ProtocolError("IPC_STREAM_LOST", blame, text, { cause });
}

/** The error of a stream whose message never left. */
export function streamNeverSent(cause?: Error): ProtocolError {
  const text = "The message with the stream was not sent, so nothing of the stream was either.";
  return new ProtocolError("IPC_STREAM_LOST", "caller", text, { cause });
}

/** The error of a source whose reader wants no more. */
export function streamCancelled(cause: RemoteError | undefined): ProtocolError {
  const text = "The peer does not read the stream to its end: its reader has stopped.";
  return new ProtocolError("IPC_STREAM_CANCELLED", "peer", text, { cause });
}

/** The error of streams for a peer that does not know them. */
export function streamsUnsupported(): ProtocolError {
  const text =
    "The peer takes no streams: it has another version of ipc-eventer, or another implementation.";
  return new ProtocolError("IPC_STREAMS_UNSUPPORTED", "peer", text);
}

/** The error of a stream too many. */
export function tooManyStreams(limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_STREAMS",
    "peer",
    `${limit} streams are open, as many as the peer takes at once (its maxStreams) or this side sends (the greater of 1,024 and its own maxStreams): wait for some to end.`,
    { context: { limit } },
  );
}
