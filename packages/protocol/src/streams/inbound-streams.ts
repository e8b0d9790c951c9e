import type { Buffer } from "node:buffer";
import { invalidMessage } from "../error.ts";
import { InboundStream, type InboundStreamOwner, type StreamFailure } from "./inbound-stream.ts";
import type { StreamCarrier } from "./stream-carrier.ts";
import type { StreamKind } from "./streamable.ts";
import { readStreamId, type StreamWord, valueCost } from "./stream-message.ts";
import { StreamRoom } from "./stream-room.ts";

/** A message of the source of a stream. */
export type SourceWord = Extract<
  StreamWord,
  { kind: "bytes" | "value" | "unreadable" | "end" | "error" }
>;

/** The limits of what one peer sends in streams. */
export interface InboundStreamLimits {
  readonly maxStreams: number;
  readonly streamWindow: number;
  readonly maxMessageBytes: number;
  readonly maxAttachments: number;
}

/** The peer's open streams, each from the message that brings it to its end. */
export class InboundStreams {
  readonly #limits: InboundStreamLimits;
  readonly #carrier: StreamCarrier;
  readonly #owner: InboundStreamOwner;
  readonly #open = new Map<number, InboundStream>();
  readonly #room: StreamRoom;
  /** Those in a message that is being read. */
  #found: InboundStream[] = [];
  #lastId = 0;

  constructor(limits: InboundStreamLimits, carrier: StreamCarrier, owner: InboundStreamOwner) {
    this.#limits = limits;
    this.#carrier = carrier;
    const maxOverdraft = valueCost(limits.maxMessageBytes, limits.maxAttachments);
    this.#room = new StreamRoom({ ...limits, maxOverdraft });
    this.#owner = owner;
  }

  /** Streams that are not through. */
  get size(): number {
    return this.#open.size;
  }

  /** The value in the data for a stream of the message that is being read. Throws `IPC_INVALID_MESSAGE`. */
  find(kind: StreamKind, id: Buffer): object {
    const number = readStreamId(id.toString("latin1"));
    const { streamWindow } = this.#limits;
    const stream = new InboundStream(number, kind, streamWindow, this.#room, this.#owner);
    this.#found.push(stream);
    return this.#carrier.receive(stream);
  }

  /** The message counts: answer its streams, open from now on. Throws `IPC_INVALID_MESSAGE`. */
  admit(): readonly InboundStream[] {
    const found = this.#found;
    this.#found = [];
    for (const stream of found.toSorted((one, other) => one.id - other.id)) {
      if (stream.id <= this.#lastId) throw invalidMessage("a stream's id that was used before");
      this.#lastId = stream.id;
      this.#open.set(stream.id, stream);
    }
    if (this.#open.size > this.#limits.maxStreams) {
      throw invalidMessage("more streams than this side takes");
    }
    return found;
  }

  /** The message had come before: its streams are those of then. */
  forget(): void {
    this.#found = [];
  }

  /** The source of a stream has said something. Throws `IPC_INVALID_MESSAGE`. */
  handle(id: number, word: SourceWord): void {
    const stream = this.#open.get(id);
    if (stream === undefined) throw invalidMessage("a message of a stream that is not open");
    switch (word.kind) {
      case "bytes":
      case "value":
      case "unreadable":
        if ((word.kind === "bytes") !== (stream.kind === "ByteStream")) {
          throw invalidMessage("a chunk of the other kind than its stream");
        }
        if (word.kind === "unreadable") stream.handleUnreadable(word.error, word.cost);
        else stream.handleChunk(word);
        return;
      case "end":
      case "error":
        this.#open.delete(id);
        stream.handleSourceEnd(word.kind === "end" ? undefined : word.error);
        return;
    }
  }

  /** The session is over. */
  end(error: StreamFailure): void {
    const streams = [...this.#open.values()];
    this.#open.clear();
    for (const stream of streams) stream.handleEnd(error);
  }
}
