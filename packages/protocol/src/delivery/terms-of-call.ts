import type { Terms } from "./batch.ts";

/** What holds for a call that may be withdrawn. */
export function termsOfCall(callId: number): Terms {
  return { expiresAt: Infinity, key: undefined, callId };
}
