import { posix } from "node:path";
import type { Claim, Starter } from "./claim.ts";
import { claimPlace } from "./claim-place.ts";
import type { Steps } from "./file-operation.ts";
import { publishSocket } from "./publish-socket.ts";

/** A look at our own place: as it was, mended, or lost to another server for good. */
export type Renewal =
  | { readonly state: "intact" }
  | { readonly state: "renewed"; readonly claim: Claim }
  | { readonly state: "lost"; readonly error: unknown };

/**
 * Look whether the public path still leads to us, and publish anew what a sweeper of temporary
 * directories took away. Throws what went wrong while the place still is ours.
 */
export function* renewClaim(own: Claim, starter: Starter): Steps<Renewal> {
  const { place } = own;
  const entry = yield { kind: "lstat", path: posix.join(place.claim, own.name) };
  const before = yield { kind: "lstat", path: place.path };
  const reachable = before.facts?.identity === own.identity;
  if (entry.code === undefined) {
    if (reachable) return { state: "intact" };
    return { state: "renewed", claim: yield* publishSocket(own, starter, own.identity) };
  }
  try {
    const claim = yield* claimPlace(place, starter, own);
    for (const path of own.bound) yield { kind: "shut", path };
    return { state: "renewed", claim };
  } catch (error) {
    // While the path leads to us, whoever is in the claim will find us there and withdraw.
    const after = yield { kind: "lstat", path: place.path };
    if (after.facts?.identity === own.identity) throw error;
    return { state: "lost", error };
  }
}
