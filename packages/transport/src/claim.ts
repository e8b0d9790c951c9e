import { posix } from "node:path";
import type { Place } from "./endpoint.ts";
import { systemCode, systemError, TransportError } from "./errors.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Steps } from "./operations.ts";

/** The process that wants a place, and how. */
export interface Starter {
  readonly uid: number;
  /** Permission bits of the socket. */
  readonly mode: number;
  /** Take a lock as well: where a full backlog refuses, a busy owner would look dead (macOS). */
  readonly locks: boolean;
  /** A name never used before, of `CLAIM_NAME_LENGTH` characters from `[0-9a-f]`. */
  freshName(): string;
}

/** A listening socket of ours and the place it is for. */
export interface Claim {
  readonly place: Place;
  /** The random name r. */
  readonly name: string;
  /** The paths at which its sockets were bound: what to `shut`. */
  readonly bound: readonly string[];
  /** The identity of the published socket; undefined before it is published. */
  readonly identity?: string | undefined;
}

/**
 * Rounds of the compare-and-swap before giving up. A round is lost only when another starter or a
 * closing owner made progress, so a hundred of them is a place in trouble, not bad luck.
 */
export const MAX_CLAIM_ROUNDS = 100;

/** The suffix of the name of the socket by which a sweeper of remains holds a claim. */
export const SWEEPER_MARK = "s";

/**
 * Become the one owner of a place: steps 1 to 4 of the claim that the README draws.
 *
 * `former` is our own published claim that the new one replaces. Throws `EADDRINUSE` when another
 * lives there, `IPC_NOT_A_SOCKET` when something foreign is in the way, and the system's errors.
 */
export function* claimPlace(place: Place, starter: Starter, former?: Claim): Steps<Claim> {
  for (let round = 0; round < MAX_CLAIM_ROUNDS; round++) {
    const own = yield* occupyPlace(place, starter);
    const claim = yield* publishOrRelease(own, starter, former);
    if (claim !== undefined) return claim;
  }
  throw inUse(place);
}

/** Steps 1 to 3: own the place, not yet published. Throws as {@link claimPlace}. */
export function* occupyPlace(place: Place, starter: Starter): Steps<Claim> {
  for (let round = 0; round < MAX_CLAIM_ROUNDS; round++) {
    const own = yield* prepareSocket(place, starter);
    if (own !== undefined && (yield* moveIn(own, starter))) return own;
  }
  throw inUse(place);
}

/** Step 1: a socket that listens in a private directory. Undefined when it was swept meanwhile. */
export function* prepareSocket(
  place: Place,
  starter: Starter,
  mark = "",
): Steps<Claim | undefined> {
  const name = starter.freshName() + mark;
  const directory = privateDirectory(place, name);
  const path = posix.join(directory, name);
  const made = yield { kind: "mkdir", path: directory };
  if (made.code !== undefined) throw systemError("listen on", place.path, made.cause);
  const own: Claim = { place, name, bound: [path] };
  let ready = starter.locks ? yield { kind: "hold", path: directory } : {};
  if (ready.code === undefined) ready = yield { kind: "listen", path };
  if (ready.code === undefined) ready = yield { kind: "chmod", path, mode: starter.mode };
  if (ready.code === undefined) return own;
  yield* discard(own);
  if (ready.code === "ENOENT") return undefined;
  throw systemError("listen on", place.path, ready.cause);
}

/** Steps 2 and 3: swap the directory in, removing a dead owner. False when ours was swept. */
function* moveIn(own: Claim, starter: Starter): Steps<boolean> {
  const { place } = own;
  for (let round = 0; round < MAX_CLAIM_ROUNDS; round++) {
    const from = privateDirectory(place, own.name);
    const swap = yield { kind: "rename", path: from, to: place.claim };
    if (swap.code === undefined) return true;
    if (swap.code === "ENOENT") {
      yield* discard(own);
      return false;
    }
    if (swap.code !== "ENOTEMPTY" && swap.code !== "EEXIST") {
      yield* discard(own);
      throw systemError("listen on", place.path, swap.cause);
    }
    const obstacle = yield* removeDead(place, starter);
    if (obstacle !== undefined) {
      yield* discard(own);
      throw obstacle;
    }
  }
  yield* discard(own);
  throw inUse(place);
}

/** Step 3: empty the claim of an owner that has ended; else the error that says why not. */
function* removeDead(place: Place, starter: Starter): Steps<Error | undefined> {
  const listing = yield { kind: "readdir", path: place.claim };
  if (listing.code === "ENOENT") return undefined;
  if (listing.code !== undefined) return systemError("listen on", place.path, listing.cause);
  for (const name of listing.names ?? []) {
    const path = posix.join(place.claim, name);
    const { facts } = yield { kind: "lstat", path };
    if (facts === undefined) continue;
    if (facts.type !== "socket" || facts.uid !== starter.uid) {
      return foreign(path, facts.uid !== starter.uid);
    }
    if (name.endsWith(SWEEPER_MARK)) {
      // It holds the name for a moment only, to remove what is left of a dead owner.
      const settled = yield { kind: "settle", path };
      if (settled.code !== undefined) return inUse(place);
    } else if (starter.locks) {
      const lock = yield { kind: "probe", path: place.claim };
      if (lock.code === "EAGAIN") return inUse(place);
    }
    const answer = yield { kind: "connect", path };
    if (answer.code === "ENOENT") continue;
    // It listened before it was published: a refusal means that its process has ended.
    if (answer.code !== "ECONNREFUSED") return inUse(place);
    const removed = yield { kind: "unlink", path };
    if (removed.code !== undefined && removed.code !== "ENOENT") {
      return systemError("listen on", place.path, removed.cause);
    }
  }
  return undefined;
}

function foreign(path: string, byOthers: boolean): TransportError {
  return new TransportError(
    "IPC_NOT_A_SOCKET",
    path,
    `"${path}" is in the place of a server's socket, but is no socket of this user. Move it away, or choose another directory.`,
    undefined,
    byOthers,
  );
}

/** Step 4, undone if it fails. Undefined when the claim was swept meanwhile. */
export function* publishOrRelease(
  own: Claim,
  starter: Starter,
  former?: Claim,
): Steps<Claim | undefined> {
  try {
    return yield* publishSocket(own, starter, former?.identity);
  } catch (error) {
    yield* releaseClaim(own);
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The codes of `link` on file systems that have no hard links, or none for sockets. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set([
  "EINVAL",
  "EMLINK",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EXDEV",
]);

/**
 * Step 4: give the socket of an owned claim its public path; replaces a dead socket of ours, or the
 * one whose identity is `former`. Throws when anything else is there.
 */
export function* publishSocket(own: Claim, starter: Starter, former?: string): Steps<Claim> {
  const { place } = own;
  const obstacle = yield* inspectPublicPath(own, starter, former);
  if (obstacle !== undefined) throw obstacle;
  const socket = posix.join(place.claim, own.name);
  const spare = `${socket}p`;
  let { bound } = own;
  let placed = yield { kind: "link", path: socket, to: spare };
  if (placed.code !== undefined && NO_HARD_LINKS.has(placed.code)) {
    // A second socket of the same server serves as well; an earlier one has lost its path.
    if (bound.includes(spare)) yield { kind: "shut", path: spare };
    else bound = [...bound, spare];
    placed = yield { kind: "listen", path: spare };
    if (placed.code === undefined)
      placed = yield { kind: "chmod", path: spare, mode: starter.mode };
  }
  const { facts } = yield { kind: "lstat", path: spare };
  if (placed.code === undefined) placed = yield { kind: "rename", path: spare, to: place.path };
  if (placed.code !== undefined) {
    if (bound.includes(spare)) yield { kind: "shut", path: spare };
    yield { kind: "unlink", path: spare };
    if (placed.code === "EBUSY") throw mounted(place.path, placed.cause);
    throw systemError("listen on", place.path, placed.cause);
  }
  return { ...own, bound, identity: facts?.identity };
}

function* inspectPublicPath(
  own: Claim,
  starter: Starter,
  former?: string,
): Steps<Error | undefined> {
  const { path } = own.place;
  const { facts } = yield { kind: "lstat", path };
  if (facts === undefined || facts.identity === former) return undefined;
  if (!isOwnSocket(facts, starter)) {
    return new TransportError(
      "IPC_NOT_A_SOCKET",
      path,
      `"${path}" is no socket of this user, and is not replaced. Move it away, or choose another name.`,
      undefined,
      facts.uid !== starter.uid,
    );
  }
  const answer = yield { kind: "connect", path };
  const dead = answer.code === "ECONNREFUSED" || answer.code === "ENOENT";
  return dead ? undefined : inUse(own.place);
}

function isOwnSocket(facts: FileFacts, starter: Starter): boolean {
  return facts.type === "socket" && facts.uid === starter.uid;
}

/** The error of a public path that is a mount point, as with `docker run -v /run/app.sock:/run/app.sock`. */
function mounted(path: string, cause: unknown): TransportError {
  return new TransportError(
    "EBUSY",
    path,
    `Cannot listen on ${path}: a file is mounted there, which cannot be replaced. Mount its directory instead of the socket. (EBUSY)`,
    cause,
  );
}

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

/** Undo step 1. What was swept already is fine. */
export function* discard(own: Claim): Steps<void> {
  const directory = privateDirectory(own.place, own.name);
  for (const path of own.bound) yield { kind: "shut", path };
  yield { kind: "unlink", path: posix.join(directory, own.name) };
  yield { kind: "rmdir", path: directory };
}

/** The path of a socket before its claim is there. */
export function privateDirectory(place: Place, name: string): string {
  return posix.join(place.directory, `.${name}`);
}

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
