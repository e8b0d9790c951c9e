import { posix } from "node:path";
import {
  type Claim,
  claimPlace,
  occupyPlace,
  publishOrRelease,
  publishSocket,
  releaseClaim,
  type Starter,
} from "./claim.ts";
import { openDirectory } from "./directory.ts";
import type { Place } from "./endpoint.ts";
import { codeOf } from "./errors.ts";
import type { Steps } from "./operations.ts";

/** Places of one name, in the order in which clients look. */
export type Places = readonly [Place, ...Place[]];

/** A look of a server at its places. */
export interface Renewal {
  /** Our claims from now on. */
  readonly claims: readonly Claim[];
  /** Why a place is not ours, or cannot be looked at. */
  readonly problems: readonly unknown[];
  /** True when another server has the name and keeps it. */
  readonly lost: boolean;
}

/** Codes of a directory that a server cannot use; another place serves as well. */
const UNUSABLE: ReadonlySet<string | undefined> = new Set([
  "EACCES",
  "EDQUOT",
  "ELOOP",
  "ENOENT",
  "ENOSPC",
  "ENOTDIR",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "ERR_ACCESS_DENIED",
  "EROFS",
  "IPC_ACCESS_DENIED",
  "IPC_DIRECTORY_REFUSED",
]);

/**
 * Become the one owner of a name at every place where it can lie, so that a place that goes or
 * comes changes nothing: the others still reach the server, and still refuse a second one.
 *
 * The last place is claimed first and given back last. It is the one that all starters know, so
 * they meet there, and none can block another by holding a place that comes later. Only then are
 * the sockets published. The first place must be usable, unless it vanishes meanwhile; another one
 * that is not usable is no place.
 *
 * Throws as `claimPlace` and `openDirectory` do; then nothing is claimed. `former` are our own
 * published claims that the new ones replace.
 */
export function* claimPlaces(
  places: Places,
  starter: Starter,
  former: readonly Claim[] = [],
): Steps<Claim[]> {
  const claims: Claim[] = [];
  const published: Claim[] = [];
  let failure: unknown;
  try {
    for (const place of places.toReversed()) {
      try {
        yield* openDirectory(place, starter.uid);
        claims.unshift(yield* occupyPlace(place, starter));
      } catch (error) {
        failure = error;
        if (!isNoPlace(error, place, places)) throw error;
      }
    }
    for (let own = claims.at(-1); own !== undefined; own = claims.at(-1)) {
      claims.pop();
      const { place } = own;
      const replaced = former.find((claim) => claim.place.path === place.path);
      const claim =
        (yield* publishOrRelease(own, starter, replaced)) ??
        (yield* claimAnew(place, places, starter));
      if (claim !== undefined) published.unshift(claim);
    }
  } catch (error) {
    yield* releaseClaims([...claims, ...published]);
    throw error;
  }
  if (published.length === 0) throw failure;
  return published;
}

/** Give all places back, the last one last: until then no other starter gets the name. */
export function* releaseClaims(claims: readonly Claim[]): Steps<void> {
  for (const claim of claims) yield* releaseClaim(claim);
}

/** Tells whether a server can do without a place. */
function isNoPlace(error: unknown, place: Place, places: Places): boolean {
  const code = codeOf(error);
  return place === places[0] ? code === "ENOENT" && places.length > 1 : UNUSABLE.has(code);
}

/** Claims a place that was swept before it was published; undefined if its directory no longer exists. */
function* claimAnew(place: Place, places: Places, starter: Starter): Steps<Claim | undefined> {
  try {
    yield* openDirectory(place, starter.uid);
    return yield* claimPlace(place, starter);
  } catch (error) {
    if (!isNoPlace(error, place, places)) throw error;
    return undefined;
  }
}

/**
 * Look whether the name still is ours at every place, and publish anew what a sweeper of temporary
 * directories took away, and what has become a place since. Never fails for a reason of the
 * system's: what it said is among the problems.
 */
export function* renewPlaces(
  held: readonly Claim[],
  places: Places,
  starter: Starter,
): Steps<Renewal> {
  const living: Claim[] = [];
  for (const claim of held) {
    const entry = yield { kind: "lstat", path: posix.join(claim.place.claim, claim.name) };
    if (entry.code === undefined) living.push(claim);
  }
  if (living.length === 0) return yield* startAgain(held, places, starter);
  const claims: Claim[] = [];
  const problems: unknown[] = [];
  for (const place of places.toReversed()) {
    const own = held.find((claim) => claim.place.path === place.path);
    const isLiving = own !== undefined && living.includes(own);
    try {
      yield* openDirectory(place, starter.uid);
      claims.unshift(yield* mendPlace(place, starter, own, isLiving));
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      // The first place may go while it is looked at, as at a logout.
      const isGone = place === places[0] && isNoPlace(error, place, places);
      if (!isGone && (own !== undefined || !UNUSABLE.has(code))) problems.push(error);
      if (own !== undefined && (isLiving || (yield* isReachable(own)))) claims.unshift(own);
      else if (own !== undefined) yield* releaseClaim(own);
    }
  }
  for (const claim of held) {
    // The directory no longer exists, so it is no candidate.
    if (places.some((place) => place.path === claim.place.path)) continue;
    if (living.includes(claim)) claims.push(claim);
    else yield* releaseClaim(claim);
  }
  return { claims, problems, lost: false };
}

/** Nothing is left of our claims: we are one of those that want the name. */
function* startAgain(held: readonly Claim[], places: Places, starter: Starter): Steps<Renewal> {
  try {
    const claims = yield* claimPlaces(places, starter, held);
    for (const { bound } of held) for (const path of bound) yield { kind: "shut", path };
    return { claims, problems: [], lost: false };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    // While a path leads to us, another starter in the claim will find us there and withdraw.
    for (const claim of held) {
      if (yield* isReachable(claim)) return { claims: held, problems: [error], lost: false };
    }
    const lost = code === "EADDRINUSE";
    if (lost) yield* releaseClaims(held);
    return { claims: lost ? [] : held, problems: [error], lost };
  }
}

/** The claim of a place as it is, published anew, or made anew. */
function* mendPlace(
  place: Place,
  starter: Starter,
  own: Claim | undefined,
  isLiving: boolean,
): Steps<Claim> {
  if (own !== undefined && isLiving) {
    if (yield* isReachable(own)) return own;
    return yield* publishSocket(own, starter, own.identity);
  }
  const claim = yield* claimPlace(place, starter, own);
  for (const path of own?.bound ?? []) yield { kind: "shut", path };
  return claim;
}

/** Tells whether the public path still leads to a claim. */
function* isReachable({ place, identity }: Claim): Steps<boolean> {
  const { facts } = yield { kind: "lstat", path: place.path };
  return facts !== undefined && facts.identity === identity;
}
