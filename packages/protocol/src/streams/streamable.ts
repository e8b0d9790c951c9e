import { Buffer } from "node:buffer";
import { ProtocolError } from "../error.ts";

/**
 * A value that leaves as a stream: a Readable, a Web ReadableStream, an async generator, or whatever else
 * `for await` reads; and a Blob, Response or Request, whose bytes are a stream.
 */
export type Streamable = AsyncIterable<unknown> | ByteBody;

/** A Blob, Response or Request. */
export interface ByteBody {
  /** Of a Blob: its bytes, anew at each call. */
  stream?(): AsyncIterable<unknown>;
  /** Of a Response or Request. */
  readonly body?: AsyncIterable<unknown> | null;
  readonly bodyUsed?: boolean;
}

/** The part of a Web ReadableStream that tells whether it carries bytes. */
interface WebStream {
  getReader(options: { readonly mode: "byob" }): { releaseLock(): void };
}

/** Sources that were sent: two readers of one source would each get a part of it. */
const sent = new WeakSet<Streamable>();

/** Tell whether a value leaves as a stream. */
export function isStreamable(value: object): value is Streamable {
  return isIterable(value) || isByteBody(value);
}

function isIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}

const bodies: ReadonlySet<string> = new Set([
  "[object Blob]",
  "[object File]",
  "[object Request]",
  "[object Response]",
]);

/** Tell whether a value has its bytes as a stream. By its tag, as it may be of another realm. */
export function isByteBody(value: object): value is ByteBody {
  if (!bodies.has(Object.prototype.toString.call(value))) return false;
  return ("stream" in value && typeof value.stream === "function") || "body" in value;
}

/** The kind of a source. Throws `IPC_STREAM_NOT_SENDABLE` for one that is being read, or was. */
export function kindOfStream(source: Streamable): StreamKind {
  if (sent.has(source)) throw notSendable("was sent before: a source has one reader");
  if (isByteBody(source)) {
    if (isOn(source, "bodyUsed")) throw notSendable("was read before");
    return "ByteStream";
  }
  if (isOn(source, "locked")) throw notSendable("is locked: it has a reader already");
  if (isOn(source, "destroyed") || isOn(source, "readableEnded")) throw notSendable("is over");
  if ("readableObjectMode" in source) {
    return source.readableObjectMode === true ? "ValueStream" : "ByteStream";
  }
  return isByteReadable(source) ? "ByteStream" : "ValueStream";
}

/** Note that a source has left. A Blob can be read again. */
export function markSent(source: Streamable): void {
  if (!isByteBody(source) || source.stream === undefined) sent.add(source);
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

/**
 * The content of a stream: bytes, whose cutting means nothing, or values, each as it is. On the wire it is
 * the kind of the attachment that stands for the stream.
 */
export type StreamKind = "ByteStream" | "ValueStream";

/** Tell whether the kind of an attachment is that of a stream. */
export function isStreamKind(kind: unknown): kind is StreamKind {
  return kind === "ByteStream" || kind === "ValueStream";
}

/** The JSON in the place of a stream: the index of its attachment, and its kind. */
export interface StreamReference {
  readonly $bin: readonly [index: number, kind: StreamKind];
}

/** A stream in the data of a message, whose attachment is its id as soon as it has one. */
export class OutgoingStream {
  readonly source: Streamable;
  readonly kind: StreamKind;
  readonly #attachments: Buffer[];
  readonly #index: number;
  #id = 0;

  /** Takes the next place among the message's attachments. Throws `IPC_STREAM_NOT_SENDABLE`. */
  constructor(source: Streamable, attachments: Buffer[]) {
    this.source = source;
    this.kind = kindOfStream(source);
    this.#attachments = attachments;
    this.#index = attachments.push(Buffer.alloc(0)) - 1;
  }

  get id(): number {
    return this.#id;
  }

  /** Give it its id. */
  number(id: number): void {
    this.#id = id;
    this.#attachments[this.#index] = Buffer.from(String(id));
  }

  get reference(): StreamReference {
    return { $bin: [this.#index, this.kind] };
  }
}
