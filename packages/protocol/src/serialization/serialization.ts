import type { Buffer } from "node:buffer";

/** How the data of a message is written as one JSON value with attachments, and read again. */
export interface Serialization {
  /** What both sides must have in common. */
  readonly name: string;
  /** The attachments that the last `encode` took out, in the order of their indices. */
  readonly attachments: readonly Buffer[];
  /**
   * The JSON text of data, `undefined` if there is none. Throws a `ProtocolError` with the blame `caller`:
   * `IPC_NOT_ENCODABLE` or `IPC_TOO_DEEP`.
   */
  encode(data: unknown): string | undefined;
  /**
   * The data of a message: `json` is its parsed value, which may be changed, `text` any text in which it was
   * found. Throws a `ProtocolError` with the blame `peer`.
   */
  decode(json: unknown, text: string, attachments: readonly Buffer[]): unknown;
}
