import type { Buffer } from "node:buffer";
import type { OutgoingStream, StreamKind } from "../streams/streamable.ts";

/** Finds the streams in a message's data. */
export interface StreamFinder {
  /** The value in the place of the stream of an id; `undefined` if there cannot be one. */
  find(kind: StreamKind, id: Buffer): object | undefined;
}

/** Data that is more than text. */
export interface EncodedData {
  readonly text: string;
  /** The binary values and streams, in the order of their indices. */
  readonly attachments: readonly Buffer[];
  /** The streams among them, which want their ids. */
  readonly streams: readonly OutgoingStream[];
}

/** Writes the data of a message as one JSON value with attachments, and reads it again. */
export interface Serialization {
  /** The name that both sides must have in common. */
  readonly name: string;
  /**
   * The JSON text of data, with what was taken out of it if there is any; `undefined` if there is no data.
   * Throws a `ProtocolError` with the blame `caller`: `IPC_NOT_ENCODABLE`, `IPC_TOO_DEEP` or
   * `IPC_STREAM_NOT_SENDABLE`.
   */
  encode(data: unknown): EncodedData | string | undefined;
  /**
   * The data of a message: `json` is its parsed value, which may be changed, `text` any text in which it was
   * found. Throws a `ProtocolError` with the blame `peer`: `IPC_NOT_DECODABLE` costs the message alone, any
   * other the session.
   */
  decode(
    json: unknown,
    text: string,
    attachments: readonly Buffer[],
    streams?: StreamFinder,
  ): unknown;
}

/** A serialization of the library that is an entry point of its own, such as `advanced`. */
export interface SerializationFactory {
  readonly name: string;
  /** One for the sessions of an endpoint. */
  create(): Serialization;
}
