import { ASCII } from "./ascii.ts";
import { checkText } from "./check-text.ts";
import { FramingError } from "./framing-error.ts";

/**
 * Encodes `text` as an ordinary line: the text and LF, to be written as UTF-8, where half a surrogate pair becomes
 * U+FFFD.
 * Throws `IPC_FRAMING_INVALID_TEXT` if it is empty, contains LF, ends with CR, or begins with `*` or `~`.
 */
export function encodeLine(text: string): string {
  checkText(text);
  const first = text.charCodeAt(0);
  if (first === ASCII.STAR || first === ASCII.TILDE) {
    throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "reserved-first-character" });
  }
  return `${text}\n`;
}
