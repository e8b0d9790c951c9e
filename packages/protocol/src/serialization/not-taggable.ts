import { ProtocolError } from "../error.ts";
import { pathText } from "./path-text.ts";

/** The caller's error of sending what the tagged form has no place for. */
export function notTaggable(
  what: string,
  path: readonly (string | number)[],
  cause?: unknown,
): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_ENCODABLE",
    "caller",
    `The data cannot be encoded: ${pathText(path)} ${what}. Leave it out, or send something else in its place.`,
    { cause },
  );
}
