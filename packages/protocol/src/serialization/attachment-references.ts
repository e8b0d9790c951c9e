import type { Buffer } from "node:buffer";
import { restoreBinary } from "./binary-kind.ts";
import { ProtocolError } from "../error.ts";
import { isJsonObject, peerNestsTooDeep } from "../wire/json.ts";
import { maxDepth } from "../limits.ts";
import type { StreamFinder } from "./serialization.ts";
import { isStreamKind } from "../streams/streamable.ts";

/**
 * Puts the attachments of a `*` frame back into its parsed data, each exactly once, and takes the
 * escaping `$` off user keys. A reference counts as no level of nesting. Throws
 * `IPC_ATTACHMENTS_MISMATCH` and `IPC_TOO_DEEP`.
 */
export function restoreAttachments(
  data: unknown,
  attachments: readonly Buffer[],
  streams?: StreamFinder,
): unknown {
  const references = new References(attachments, streams);
  const restored = references.restore(data, maxDepth);
  references.checkAllUsed();
  return restored;
}

class References {
  readonly #attachments: readonly Buffer[];
  readonly #used: boolean[];
  readonly #streams: StreamFinder | undefined;

  constructor(attachments: readonly Buffer[], streams: StreamFinder | undefined) {
    this.#streams = streams;
    this.#attachments = attachments;
    this.#used = attachments.map(() => false);
  }

  restore(value: unknown, levels: number): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (isJsonObject(value)) return this.#restoreMembers(value, levels);
    if (!Array.isArray(value)) return value;
    if (levels === 0) throw peerNestsTooDeep();
    for (let index = 0; index < value.length; index++) {
      value[index] = this.restore(value[index], levels - 1);
    }
    return value;
  }

  checkAllUsed(): void {
    if (this.#used.includes(false)) throw mismatch("an attachment that nothing refers to");
  }

  #restoreMembers(record: Record<string, unknown>, levels: number): unknown {
    const keys = Object.keys(record);
    const only = keys.length === 1 ? keys[0] : undefined;
    if (only === "$bin") return this.#take(record[only]);
    if (levels === 0) throw peerNestsTooDeep();
    if (only !== undefined && isBinKey(only)) {
      return { [only.slice(1)]: this.restore(record[only], levels - 1) };
    }
    for (const key of keys) {
      // The key is the record's own, so that even __proto__ is written as any other.
      record[key] = this.restore(record[key], levels - 1);
    }
    return record;
  }

  #take(reference: unknown): unknown {
    if (!Array.isArray(reference) || reference.length !== 2) {
      throw mismatch("a malformed reference");
    }
    const index: unknown = reference[0];
    const kind: unknown = reference[1];
    const bytes = typeof index === "number" ? this.#attachments[index] : undefined;
    if (typeof index !== "number" || bytes === undefined || this.#used[index] !== false) {
      throw mismatch("a reference to no attachment, or a second one to the same");
    }
    this.#used[index] = true;
    const restored = isStreamKind(kind)
      ? this.#streams?.find(kind, bytes)
      : restoreBinary(kind, bytes);
    if (restored === undefined) throw mismatch("an attachment of an unknown kind or odd length");
    return restored;
  }
}

function mismatch(what: string): ProtocolError {
  return new ProtocolError(
    "IPC_ATTACHMENTS_MISMATCH",
    "peer",
    `The peer sent a frame with attachments that does not add up: ${what}.`,
  );
}

/** Tell whether a key is `$bin`, or `$bin` with any number of further `$` before it. */
export function isBinKey(key: string): boolean {
  return key.endsWith("$bin") && /^\$+bin$/.test(key);
}
