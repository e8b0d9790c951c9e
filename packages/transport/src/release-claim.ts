import { posix } from "node:path";
import type { Claim } from "./claim.ts";
import type { Steps } from "./file-operation.ts";

/**
 * Step 5: give an owned place back and leave no file. Never fails: what is no longer there, or
 * belongs to a successor by now, is left alone.
 */
export function* releaseClaim(own: Claim): Steps<void> {
  const { place, name } = own;
  if (own.identity !== undefined) {
    // No other process publishes while our socket answers inside the claim: looking first is no race.
    const { facts } = yield { kind: "lstat", path: place.path };
    if (facts?.identity === own.identity) yield { kind: "unlink", path: place.path };
  }
  for (const path of own.bound) yield { kind: "shut", path };
  yield { kind: "unlink", path: posix.join(place.claim, `${name}p`) };
  yield { kind: "unlink", path: posix.join(place.claim, name) };
  yield { kind: "rmdir", path: place.claim };
}
