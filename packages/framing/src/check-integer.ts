import { FramingError } from "./framing-error.ts";

/** Returns `value` if it is a whole number from `min` to `max`; else throws `IPC_FRAMING_INVALID_OPTION`. */
export function checkInteger(option: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new FramingError("IPC_FRAMING_INVALID_OPTION", { option, value, min, max });
  }
  return value;
}
