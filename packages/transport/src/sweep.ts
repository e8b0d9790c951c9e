import { posix } from "node:path";
import {
  type Claim,
  discard,
  prepareSocket,
  privateDirectory,
  releaseClaim,
  type Starter,
  SWEEPER_MARK,
} from "./claim.ts";
import { CLAIM_NAME_LENGTH, type Place, placeBeside } from "./endpoint.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Steps } from "./operations.ts";

/** Milliseconds before a private directory counts as left by a crash: starting takes far less. */
export const ORPHAN_AGE = 60_000;

const ORPHAN = new RegExp(`^\\.([0-9a-f]{${CLAIM_NAME_LENGTH}}${SWEEPER_MARK}?)(x?)$`, "u");

/**
 * Remove the private directories that starters left behind when they crashed. Never fails.
 *
 * An orphan is first renamed to `.<r>x`: should its starter only have slept, it finds its directory
 * gone and begins anew, instead of publishing a directory that is being emptied.
 */
export function* sweepOrphans(place: Place, starter: Starter): Steps<void> {
  const listing = yield { kind: "readdir", path: place.directory };
  for (const file of listing.names ?? []) {
    const match = ORPHAN.exec(file);
    if (match !== null) yield* sweepOne(posix.join(place.directory, file), match, starter);
  }
}

function* sweepOne(directory: string, match: RegExpExecArray, starter: Starter): Steps<void> {
  const [, name = "", marked = ""] = match;
  const { facts } = yield { kind: "lstat", path: directory };
  if (facts?.type !== "directory" || facts.uid !== starter.uid || facts.age < ORPHAN_AGE) return;
  const answer = yield { kind: "connect", path: posix.join(directory, name) };
  if (answer.code !== "ECONNREFUSED" && answer.code !== "ENOENT") return;
  const grave = marked === "" ? `${directory}x` : directory;
  const moved = yield { kind: "rename", path: directory, to: grave };
  if (moved.code !== undefined) return;
  yield { kind: "unlink", path: posix.join(grave, name) };
  yield { kind: "rmdir", path: grave };
}

/**
 * Milliseconds for which the remains of a crash are left alone. Most servers come back under their
 * name before, and clean up themselves.
 */
export const REMAINS_AGE = 3_600_000;

/** Names that one start cleans up. */
export const MAX_REMAINS = 16;

/** Files that one start looks at for it. */
export const MAX_LOOKS = 256;

const CLAIM = /^[0-9a-f]{16}\.l$/u;

/**
 * Remove what crashed servers of other names have left in a directory of ours: names such as `app-<pid>`
 * that are not started again. Only what is our user's, refuses, is an hour old, and has a claim of
 * this library beside it. Never fails.
 */
export function* sweepRemains(place: Place, starter: Starter, platform: string): Steps<void> {
  if (place.origin === "absolute") return;
  const listing = yield { kind: "readdir", path: place.directory };
  const names = (listing.names ?? []).filter((name) => name.endsWith(".sock") || CLAIM.test(name));
  const claims = new Set<string>();
  let swept = 0;
  // Sockets first: a claim whose socket is there goes with it.
  names.sort((a, b) => Number(CLAIM.test(a)) - Number(CLAIM.test(b)));
  for (const name of names.slice(0, MAX_LOOKS)) {
    if (swept === MAX_REMAINS) return;
    const path = posix.join(place.directory, name);
    const isClaim = CLAIM.test(name);
    const remains = isClaim ? undefined : placeBeside(place, name, platform);
    if (remains !== undefined) claims.add(remains.claim);
    if (path === place.path || path === place.claim || claims.has(path)) continue;
    const { facts } = yield { kind: "lstat", path };
    if (!isOld(facts, starter)) continue;
    if (remains !== undefined && facts?.type === "socket") {
      if (yield* sweepName(remains, starter)) swept += 1;
    } else if (isClaim && facts?.type === "directory") {
      const dead = yield* findDead(path, starter);
      if (dead === undefined) continue;
      yield* emptyClaim(path, dead);
      yield { kind: "rmdir", path };
      swept += 1;
    }
  }
}

/**
 * Remove a dead owner's public socket. It is removed as its owner, which alone may: the name is
 * held meanwhile, by a socket whose mark tells other starters to wait. Says whether it is done.
 */
function* sweepName(place: Place, starter: Starter): Steps<boolean> {
  const dead = yield* findDead(place.claim, starter);
  if (dead === undefined || dead.length === 0) return false;
  let own: Claim | undefined;
  try {
    own = yield* prepareSocket(place, starter, SWEEPER_MARK);
  } catch {
    return false;
  }
  if (own === undefined) return false;
  yield* emptyClaim(place.claim, dead);
  const swap = yield { kind: "rename", path: privateDirectory(place, own.name), to: place.claim };
  if (swap.code !== undefined) {
    yield* discard(own);
    return false;
  }
  const { facts } = yield { kind: "lstat", path: place.path };
  if (facts?.type === "socket" && facts.uid === starter.uid) {
    const answer = yield { kind: "connect", path: place.path };
    if (answer.code === "ECONNREFUSED") yield { kind: "unlink", path: place.path };
  }
  yield* releaseClaim(own);
  return true;
}

/** The sockets in a claim if all of their servers have ended; undefined if one has not, or is not of this user. */
function* findDead(claim: string, starter: Starter): Steps<string[] | undefined> {
  const listing = yield { kind: "readdir", path: claim };
  if (listing.names === undefined) return undefined;
  for (const name of listing.names) {
    const path = posix.join(claim, name);
    const { facts } = yield { kind: "lstat", path };
    if (facts?.type !== "socket" || facts.uid !== starter.uid) return undefined;
    if (starter.locks && (yield { kind: "probe", path: claim }).code === "EAGAIN") return undefined;
    const answer = yield { kind: "connect", path };
    if (answer.code !== "ECONNREFUSED") return undefined;
  }
  return [...listing.names];
}

/** Names inside a claim are never used again: what was dead when it was probed is what is removed. */
function* emptyClaim(claim: string, dead: readonly string[]): Steps<void> {
  for (const name of dead) yield { kind: "unlink", path: posix.join(claim, name) };
}

function isOld(facts: FileFacts | undefined, { uid }: Starter): boolean {
  return facts !== undefined && facts.uid === uid && facts.contentAge >= REMAINS_AGE;
}
