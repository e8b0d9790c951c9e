import { CryptoError } from "./crypto-error.ts";

/** Returns `value` if it is a whole number from `least` to `most`; else throws `IPC_LIMIT_INVALID`. */
export function checkLimit(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new CryptoError("IPC_LIMIT_INVALID", { name, least, most, whole: true });
  }
  return value;
}
