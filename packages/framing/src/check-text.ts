import { FramingError } from "./framing-error.ts";

/** Throws `IPC_FRAMING_INVALID_TEXT` if `text` cannot be the text of a line: empty, with LF inside, or with CR at its end. */
export function checkText(text: string): void {
  if (text === "") throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "empty" });
  if (text.includes("\n")) {
    throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "line-feed" });
  }
  if (text.endsWith("\r")) {
    throw new FramingError("IPC_FRAMING_INVALID_TEXT", { reason: "carriage-return" });
  }
}
