import { Buffer } from "node:buffer";
import { kindOfStream, type Streamable } from "./streamable.ts";
import type { StreamKind } from "./stream-kind.ts";

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
