import { type Buffer, isAscii, isUtf8 } from "node:buffer";
import { FramingError } from "./framing-error.ts";

/** Decodes UTF-8 strictly, a byte order mark included. Throws `IPC_FRAMING_INVALID_UTF8`. */
export function decodeText(bytes: Buffer): string {
  // Copying ASCII as Latin-1 is several times faster than decoding it.
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw new FramingError("IPC_FRAMING_INVALID_UTF8", {});
}
