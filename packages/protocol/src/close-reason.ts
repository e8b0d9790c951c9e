const closeReasons = [
  "requested",
  "kicked",
  "replaced",
  "server-closing",
  "peer-gone",
  "timed-out",
  "slow-consumer",
  "violation",
  "authentication",
  "lost",
] as const;

/** Why a session ended: a closed set, the same word on both sides. */
export type CloseReason = (typeof closeReasons)[number];

/** Tell whether a value from the wire is one of the close reasons. */
export function isCloseReason(value: unknown): value is CloseReason {
  return closeReasons.some((reason) => reason === value);
}
