import { ASCII } from "./ascii.ts";
import { FramingError } from "./framing-error.ts";

/** Throws `IPC_FRAMING_EMPTY_LINE` or `IPC_FRAMING_CARRIAGE_RETURN` if `text` from `start` to `end` cannot be a line. */
export function checkLine(text: string, start: number, end: number): void {
  if (end === start) throw new FramingError("IPC_FRAMING_EMPTY_LINE", {});
  if (text.charCodeAt(end - 1) === ASCII.CR) {
    throw new FramingError("IPC_FRAMING_CARRIAGE_RETURN", {});
  }
}
