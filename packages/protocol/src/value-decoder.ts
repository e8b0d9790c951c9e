import type { Buffer } from "node:buffer";
import { restoreBinary } from "./binary-kind.ts";
import { ProtocolError } from "./error.ts";
import { isBinKey } from "./value-encoder.ts";

/** Parse one JSON text that a peer sent. Throws `IPC_INVALID_JSON`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // V8's own error quotes the text, and contents do not belong into errors: no cause.
    throw new ProtocolError(
      "IPC_INVALID_JSON",
      "peer",
      "The peer sent a line that is not valid JSON: it is corrupt, or the peer does not speak this protocol.",
      { context: { length: text.length } },
    );
  }
}

/**
 * Throws `IPC_TOO_DEEP` if a parsed value has more levels of nesting than given.
 */
export function checkDepth(value: unknown, levels: number): void {
  if (typeof value !== "object" || value === null) return;
  if (levels === 0) {
    throw new ProtocolError(
      "IPC_TOO_DEEP",
      "peer",
      "The peer sent data that is nested deeper than the limit.",
    );
  }
  if (Array.isArray(value)) {
    for (const element of value) checkDepth(element, levels - 1);
    return;
  }
  for (const key in value) checkDepth((value as Record<string, unknown>)[key], levels - 1);
}

/**
 * Puts the attachments of a `*` frame back into its parsed data, each exactly once, and takes the
 * escaping `$` off user keys. Throws `IPC_ATTACHMENTS_MISMATCH`.
 */
export function restoreAttachments(value: unknown, attachments: readonly Buffer[]): unknown {
  const used = Array.from({ length: attachments.length }, () => false);
  const restored = restore(value, attachments, used);
  if (used.includes(false)) throw mismatch("an attachment that nothing refers to");
  return restored;
}

function restore(value: unknown, attachments: readonly Buffer[], used: boolean[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      value[index] = restore(value[index], attachments, used);
    }
    return value;
  }
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only === "$bin") return take(record[only], attachments, used);
  if (only !== undefined && isBinKey(only)) {
    return { [only.slice(1)]: restore(record[only], attachments, used) };
  }
  for (const key of keys) {
    const element = record[key];
    if (typeof element === "object" && element !== null) {
      const restored = restore(element, attachments, used);
      if (restored !== element) define(record, key, restored);
    }
  }
  return record;
}

function take(reference: unknown, attachments: readonly Buffer[], used: boolean[]): unknown {
  if (!Array.isArray(reference) || reference.length !== 2) throw mismatch("a malformed reference");
  const [index, kind] = reference as [unknown, unknown];
  const bytes = typeof index === "number" ? attachments[index] : undefined;
  if (bytes === undefined || used[index as number] !== false) {
    throw mismatch("a reference to no attachment, or a second one to the same");
  }
  used[index as number] = true;
  const restored = restoreBinary(kind, bytes);
  if (restored === undefined) throw mismatch("an attachment of an unknown kind or odd length");
  return restored;
}

// Never by assignment: a key named __proto__ must stay a key.
function define(record: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(record, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function mismatch(what: string): ProtocolError {
  return new ProtocolError(
    "IPC_ATTACHMENTS_MISMATCH",
    "peer",
    `The peer sent a frame with attachments that does not add up: ${what}.`,
  );
}
