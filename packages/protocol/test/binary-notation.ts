import { Buffer } from "node:buffer";
import { restoreBinary } from "../src/serialization/attachments.ts";

/** JSON text in which `{"@":[kind,hex]}` stands for a binary value. */
export function writeNotation(value: unknown): string | undefined {
  return JSON.stringify(mark(value));
}

/** The value of such a text. */
export function readNotation(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    const marked = (value as { "@"?: [string, string] } | null)?.["@"];
    if (marked === undefined) return value;
    const [kind, hex] = marked;
    const bytes = Buffer.allocUnsafeSlow(hex.length / 2);
    bytes.write(hex, "hex");
    return restoreBinary(kind, bytes);
  });
}

function mark(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const hex = Buffer.from(buffer, byteOffset, byteLength).toString("hex");
    return { "@": [value.constructor.name, hex] };
  }
  if (value instanceof ArrayBuffer) {
    return { "@": ["ArrayBuffer", Buffer.from(value).toString("hex")] };
  }
  if (Array.isArray(value)) return value.map(mark);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mark(one)]));
}
