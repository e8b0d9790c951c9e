import { systemError } from "./system-error.ts";

/** The `ECONNRESET` that a socket would report. */
export function resetError(address: string): Error {
  const cause = Object.assign(new Error("ECONNRESET"), { code: "ECONNRESET" });
  return systemError("talk over", address, cause);
}
