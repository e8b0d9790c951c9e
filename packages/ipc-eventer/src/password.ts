import { IPCError } from "./error.ts";

/** Throws `IPC_PASSWORD_UNSUPPORTED` for any password: never silently ignored. */
export function refusePassword(password: unknown): void {
  if (password === undefined || password === null) return;
  throw new IPCError(
    "IPC_PASSWORD_UNSUPPORTED",
    "This version does not encrypt yet, so it refuses to run with a password. Leave the password out, or use a later version.",
  );
}
