import { Buffer } from "node:buffer";
import { type BinaryValue, binaryKind, bytesOf } from "./binary-kind.ts";
import { copiedBelowBytes } from "../limits.ts";
import { OutgoingStream, type StreamReference } from "../streams/outgoing-stream.ts";
import type { Streamable } from "../streams/streamable.ts";

/** The JSON in the place of a binary value: its index and kind. */
export interface Reference {
  readonly $bin: readonly [index: number, kind: string];
}

/** The binary values that are taken out of one message. */
export class OutgoingAttachments {
  /** Their bytes, by index: small ones copied, large ones not. */
  readonly all: Buffer[] = [];
  /** The streams among them, which want their ids. */
  readonly streams: OutgoingStream[] = [];

  /** Take a value out; `undefined` if the wire has no word for its kind. */
  add(value: BinaryValue): Reference | undefined {
    const kind = binaryKind(value);
    if (kind === undefined) return undefined;
    const bytes = bytesOf(value);
    this.all.push(bytes.length < copiedBelowBytes ? Buffer.from(bytes) : bytes);
    return { $bin: [this.all.length - 1, kind] };
  }

  /** Take a stream out. Throws `IPC_STREAM_NOT_SENDABLE`. */
  send(source: Streamable): StreamReference {
    const stream = new OutgoingStream(source, this.all);
    this.streams.push(stream);
    return stream.reference;
  }
}
