import { Buffer } from "node:buffer";
import type { Serialization } from "../src/serialization/serialization.ts";

/** The data at the other side: the text parsed, and attachments that own their memory. */
export function carry(serialization: Serialization, data: unknown): unknown {
  const { text, attachments } = encodeBy(serialization, data);
  return receive(serialization, text, attachments);
}

/** The text of data and what was taken out of it. */
export function encodeBy(
  serialization: Serialization,
  data: unknown,
): { readonly text: string | undefined; readonly attachments: readonly Buffer[] } {
  const encoded = serialization.encode(data);
  return typeof encoded === "object" ? encoded : { text: encoded, attachments: [] };
}

/** The value to which a text and its attachments are decoded. */
export function receive(
  serialization: Serialization,
  text: string | undefined,
  attachments: readonly Uint8Array[] = [],
): unknown {
  const json: unknown = text === undefined ? undefined : JSON.parse(text);
  return serialization.decode(json, `["event",${text}]`, attachments.map(owned));
}

/** The code of what work throws, or what it answers. */
export function codeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

function owned(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
