import type { Buffer } from "node:buffer";
import { restoreBinary } from "./binary-kind.ts";
import { ProtocolError } from "../error.ts";
import { isStreamKind } from "../streams/stream-kind.ts";
import { asPair } from "../messages/json.ts";
import type { StreamFinder } from "./serialization.ts";

/** The attachments of one message, each of which is to be taken exactly once. */
export class ReceivedAttachments {
  readonly #all: readonly Buffer[];
  readonly #taken: boolean[];
  readonly #streams: StreamFinder | undefined;

  constructor(all: readonly Buffer[], streams?: StreamFinder) {
    this.#streams = streams;
    this.#all = all;
    this.#taken = all.map(() => false);
  }

  /** The binary value or stream of a reference `[index,kind]`. Throws `IPC_ATTACHMENTS_MISMATCH`. */
  take(reference: unknown): object {
    const pair = asPair(reference);
    if (pair === undefined) throw mismatch("a malformed reference");
    const [index, kind] = pair;
    const bytes = typeof index === "number" ? this.#all[index] : undefined;
    if (typeof index !== "number" || bytes === undefined || this.#taken[index] !== false) {
      throw mismatch("a reference to no attachment, or a second one to the same");
    }
    this.#taken[index] = true;
    const value = isStreamKind(kind)
      ? this.#streams?.find(kind, bytes)
      : restoreBinary(kind, bytes);
    if (typeof value !== "object" || value === null) {
      throw mismatch("an attachment of an unknown kind or odd length");
    }
    return value;
  }

  /** Throws `IPC_ATTACHMENTS_MISMATCH` unless all were taken. */
  checkAllTaken(): void {
    if (this.#taken.includes(false)) throw mismatch("an attachment that nothing refers to");
  }
}

function mismatch(what: string): ProtocolError {
  return new ProtocolError(
    "IPC_ATTACHMENTS_MISMATCH",
    "peer",
    `The peer sent a message with attachments that does not add up: ${what}.`,
  );
}
