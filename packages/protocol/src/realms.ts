// Test runners and plug-in hosts give each module graph a realm, with an Error and a Uint8Array of its own, while
// those of Node.js are of another. What is told by its class elsewhere is told by its tag here.

const errorTags: ReadonlySet<string> = new Set(["[object Error]", "[object DOMException]"]);

/** Tells errors, of whatever realm. Never throws, not even for a proxy that was revoked. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || errorTags.has(Object.prototype.toString.call(value));
  } catch {
    return false;
  }
}

/** Tells bytes, a Uint8Array or Buffer of whatever realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]")
  );
}
