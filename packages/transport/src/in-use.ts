import type { Place } from "./resolve-endpoint.ts";
import { systemError } from "./system-error.ts";

/** The error of a place that somebody serves: `EADDRINUSE`. */
export function inUse(place: Place): Error {
  return systemError(
    "listen on",
    place.path,
    Object.assign(new Error(`EADDRINUSE: ${place.path}`), {
      code: "EADDRINUSE",
      syscall: "listen",
    }),
  );
}
