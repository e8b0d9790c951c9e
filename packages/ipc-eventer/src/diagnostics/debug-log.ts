import { isError } from "@ipc/protocol";
import { subscribe } from "node:diagnostics_channel";
import { codeOf, memberOf } from "../error.ts";

/** The channels that are written to the log of `NODE_DEBUG=ipc-eventer`, payloads never. */
const channels = ["connection", "session", "message", "call", "error"] as const;

let isWritten = false;

/**
 * From the first server or client on, write what is published on the diagnostics channels to stderr
 * if `NODE_DEBUG` names `ipc-eventer`. Costs nothing otherwise.
 */
export function writeDebugLog(): void {
  if (isWritten) return;
  isWritten = true;
  // An import of node:util fetches all that it has to offer, worker threads among it.
  const { debuglog, format } = process.getBuiltinModule("node:util");
  const known = debuglog("ipc-eventer");
  if (!known.enabled && !isAskedOfBun()) return;
  const log = known.enabled
    ? known
    : (...parts: unknown[]) => {
        process.stderr.write(`IPC-EVENTER ${process.pid}: ${format(...parts)}\n`);
      };
  for (const channel of channels) {
    subscribe(`ipc-eventer:${channel}`, (message) => log("%s %o", channel, withoutCause(message)));
  }
}

// The cause and other members of an error are the application's own, and may have data in them.
function withoutCause(message: unknown): unknown {
  if (typeof message !== "object" || message === null || !("error" in message)) return message;
  const { error } = message;
  const text = isError(error) ? memberOf(error, "stack") : typeof error;
  return { ...message, code: codeOf(error), error: text };
}

// Bun has a `debuglog` that never writes.
function isAskedOfBun(): boolean {
  if (process.versions["bun"] === undefined) return false;
  const names = (process.env["NODE_DEBUG"] ?? "").toLowerCase().split(",");
  return names.some((name) => name.trim() === "ipc-eventer" || name.trim() === "*");
}
