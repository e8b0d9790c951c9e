import { ProtocolError } from "../error.ts";
import type { StreamKind } from "./stream-kind.ts";

/** What leaves as a stream: a Readable, a Web ReadableStream, an async generator, or whatever else `for await` reads. */
export type Streamable = AsyncIterable<unknown>;

/** What of a Web ReadableStream tells whether it carries bytes. */
interface WebStream {
  getReader(options: { readonly mode: "byob" }): { releaseLock(): void };
}

/** Sources that were sent: two readers of one source would each get a part of it. */
const sent = new WeakSet<Streamable>();

/** Tell whether a value leaves as a stream. */
export function isStreamable(value: object): value is Streamable {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}

/** What a source carries. Throws `IPC_STREAM_NOT_SENDABLE` for one that somebody reads or has read already. */
export function kindOfStream(source: Streamable): StreamKind {
  if (sent.has(source)) throw notSendable("was sent before: a source has one reader");
  if (isOn(source, "locked")) throw notSendable("is locked: somebody reads it already");
  if (isOn(source, "destroyed") || isOn(source, "readableEnded")) throw notSendable("is over");
  if ("readableObjectMode" in source) {
    return source.readableObjectMode === true ? "ValueStream" : "ByteStream";
  }
  return isByteReadable(source) ? "ByteStream" : "ValueStream";
}

/** Note that a source has left. */
export function markSent(source: Streamable): void {
  sent.add(source);
}

/** The error of a stream that cannot leave as it is, or from where it stands. */
export function notSendable(what: string): ProtocolError {
  return new ProtocolError("IPC_STREAM_NOT_SENDABLE", "caller", `A stream in the data ${what}.`);
}

function isOn(source: object, flag: string): boolean {
  return Reflect.get(source, flag) === true;
}

// A Web stream tells that it carries bytes only by granting a reader that brings its own memory.
function isByteReadable(source: object): boolean {
  if (!isWebStream(source)) return false;
  try {
    source.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

function isWebStream(source: object): source is WebStream {
  return "getReader" in source && typeof source.getReader === "function";
}
