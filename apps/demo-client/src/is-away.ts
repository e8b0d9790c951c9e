const awayCodes: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "IPC_PEER_GONE",
]);

/** Tells whether an error only says that the manager is not there at present: a reconnecting client needs no help. */
export function isAway(error: Error): boolean {
  return "code" in error && awayCodes.has(error.code);
}
