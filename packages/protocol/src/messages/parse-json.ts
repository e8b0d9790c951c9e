import { ProtocolError } from "../error.ts";

/** Parse one JSON text that a peer sent. Throws `IPC_INVALID_JSON`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
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
