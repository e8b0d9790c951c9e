import type { Place } from "./endpoint.ts";
import { systemError, TransportError } from "./errors.ts";

/** The paths that listeners of this process serve. */
const servedHere = new Set<string>();

/** Note that a listener of this process serves a path from now on, or no longer. */
export function noteServed(path: string, isServed: boolean): void {
  if (isServed) servedHere.add(path);
  else servedHere.delete(path);
}

/** The error of a place that a server has: `EADDRINUSE`. */
export function inUse({ path }: Place): Error {
  const cause = Object.assign(new Error(`EADDRINUSE: ${path}`), {
    code: "EADDRINUSE",
    syscall: "listen",
  });
  if (!servedHere.has(path)) return systemError("listen on", path, cause);
  return new TransportError(
    "EADDRINUSE",
    path,
    `Cannot listen on ${path}: a server of this process serves it already. Stop that one first, or choose another name. (EADDRINUSE)`,
    cause,
  );
}
