import type { Stats } from "node:fs";
import { posix } from "node:path";
import type { Place } from "./endpoint.ts";
import { systemError, TransportError } from "./errors.ts";
import { type FileFacts, fs, seesEverything } from "./file-facts.ts";
import type { Steps } from "./operations.ts";

/** Bits that let other users than the owner use a directory, and those that let them change it. */
const OTHERS_MAY_USE = 0o077;
const OTHERS_MAY_WRITE = 0o022;
/** The mode bit of a sticky directory, in which only a file's owner may rename or remove it. */
const STICKY = 0o1000;
/** The bits that an owner needs to use a directory, and the least without which nothing in it is reached. */
const OWNER_MAY_USE = 0o700;
const OWNER_MAY_ENTER = 0o100;

/**
 * Make the directory of a server's place if it is missing, give it back bits of its owner that a
 * umask has taken, and check it. Throws `IPC_DIRECTORY_REFUSED` or the system's error.
 */
export function* openDirectory(place: Place, uid: number): Steps<void> {
  const { directory, origin } = place;
  const owners = [uid, 0];
  if (origin !== "absolute") {
    const made = yield { kind: "mkdir", path: directory };
    if (made.code !== undefined && made.code !== "EEXIST") {
      throw made.code === "ENOENT"
        ? missingDirectory(place, posix.dirname(directory), made.cause)
        : systemError("listen on", place.path, made.cause);
    }
  }
  let looked = yield { kind: "lstat", path: directory };
  if (looked.facts?.type === "symlink" && mayLink(looked.facts, place, owners)) {
    looked = yield { kind: "stat", path: directory };
  }
  if (looked.facts === undefined) {
    throw looked.code === "ENOENT"
      ? missingDirectory(place, directory, looked.cause)
      : systemError("listen on", place.path, looked.cause);
  }
  let { facts } = looked;
  if (lacksOwnBits(facts, place, uid)) {
    const mode = facts.mode | OWNER_MAY_USE;
    const mended = yield { kind: "chmod", path: directory, mode };
    if (mended.code !== undefined) throw systemError("listen on", place.path, mended.cause);
    facts = { ...facts, mode };
  }
  checkDirectory(facts, place, uid, owners);
}

/** Tells whether a directory's symlink is followed: one of a trusted user, to a directory that was chosen. */
export function mayLink(link: FileFacts, { origin }: Place, owners: readonly number[]): boolean {
  return origin !== "default" && owners.includes(link.uid);
}

/** A chosen directory may be read-only on purpose, but one that cannot be entered serves nothing. */
function lacksOwnBits(facts: FileFacts, { origin }: Place, uid: number): boolean {
  if (facts.type !== "directory" || facts.uid !== uid || origin === "absolute") return false;
  const needed = origin === "default" ? OWNER_MAY_USE : OWNER_MAY_ENTER;
  return (facts.mode & needed) !== needed;
}

/** Tells whether users other than the owner may make files in a directory. */
export function othersMayWrite({ mode }: FileFacts): boolean {
  return (mode & OTHERS_MAY_WRITE) !== 0;
}

/**
 * Refuse a directory in which another user could replace a socket, with `IPC_DIRECTORY_REFUSED`.
 *
 * A directory of ours must be private: our own, no symlink, no bits for group or others. A chosen
 * one, and the parent of an absolute path, may be open for others to read, as a daemon for several
 * users needs, but belongs to one of `owners` and is writable for its owner alone, or sticky as
 * /tmp is.
 */
export function checkDirectory(
  facts: FileFacts,
  { directory, origin }: Place,
  uid: number,
  owners: readonly number[],
): void {
  const problem =
    origin === "default" ? privacyProblem(facts, uid) : writabilityProblem(facts, owners);
  if (problem === undefined) return;
  throw new TransportError(
    "IPC_DIRECTORY_REFUSED",
    directory,
    `The directory ${directory} ${problem}, or choose another one with \`directory\` or IPC_EVENTER_DIR.`,
    undefined,
    facts.uid !== uid,
  );
}

function privacyProblem(facts: FileFacts, uid: number): string | undefined {
  if (facts.uid !== uid) {
    return `${kindOf(facts)}, and this process runs as user ${uid}. Have user ${facts.uid} or root move it away`;
  }
  if (facts.type !== "directory") return "is no directory. Move away what is there";
  if ((facts.mode & OTHERS_MAY_USE) !== 0) {
    return `is open to others (mode ${octal(facts)}). Make it private (chmod 700)`;
  }
  return undefined;
}

function kindOf({ type, uid }: FileFacts): string {
  return type === "directory" ? `belongs to user ${uid}` : `is no directory but user ${uid}'s file`;
}

function writabilityProblem(facts: FileFacts, owners: readonly number[]): string | undefined {
  if (facts.type !== "directory") return "is no directory. Move away what is there";
  if (!owners.includes(facts.uid)) {
    return `belongs to user ${facts.uid}, and not to user ${owners.join(" or ")}. Use one of this user's own`;
  }
  if (othersMayWrite(facts) && (facts.mode & STICKY) === 0) {
    return `may be written by others (mode ${octal(facts)}). Take that permission away (chmod go-w)`;
  }
  return undefined;
}

function octal({ mode }: FileFacts): string {
  return `0${(mode & 0o7777).toString(8)}`;
}

/** The error of a server whose directory, or one above it, does not exist. */
export function missingDirectory(
  { path }: Place,
  directory: string,
  cause: unknown,
): TransportError {
  return new TransportError(
    "ENOENT",
    path,
    `Cannot listen on ${path}: the directory ${directory} does not exist. Create it, or choose another \`directory\`. (ENOENT)`,
    cause,
  );
}

/** A place whose directory is what the system makes of the path. */
export interface SettledPlace {
  readonly place: Place;
  /** True if none but the owners can make the path lead to another directory. */
  readonly isSteady: boolean;
}

/**
 * Follow a path to its directory: where it goes through `..`, the text alone does not tell, as what
 * stands before it may be a symlink. Refuses, with `IPC_DIRECTORY_REFUSED`, a path through a symlink
 * of a user that is not one of `owners`, which that user could point elsewhere. Throws the system's errors.
 */
export function settlePlace(place: Place, owners: readonly number[]): SettledPlace {
  if (place.origin === "default") return { place, isSteady: true };
  const goesUp = partsOf(place.directory).includes("..");
  // A directory that was chosen and allowed is all that a restricted process looks at.
  if (!goesUp && !seesEverything()) return { place, isSteady: false };
  const { directory, isSteady } = followDirectory(place.directory, owners);
  // Without `..` both name the same, and the path stays as short as it was given.
  if (!goesUp) return { place, isSteady };
  const real: Place = {
    directory,
    path: posix.join(directory, posix.basename(place.path)),
    claim: posix.join(directory, posix.basename(place.claim)),
    origin: place.origin,
  };
  return { place: real, isSteady };
}

/** Symlinks that one path may lead through: MAXSYMLINKS of Linux. */
const MAX_LINKS = 40;

/** The real path of a directory, of which the last part may be missing. */
function followDirectory(
  path: string,
  owners: readonly number[],
): { directory: string; isSteady: boolean } {
  let directory = "/";
  let isSteady = true;
  let links = 0;
  const parts = partsOf(path);
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === "..") {
      directory = posix.dirname(directory);
      continue;
    }
    const next = posix.join(directory, part);
    const stats = fs.lstatSync(next, { throwIfNoEntry: parts.length > 0 });
    if (stats === undefined || !stats.isSymbolicLink()) {
      directory = next;
      isSteady &&= stats === undefined || keepsItsEntries(stats, owners);
      continue;
    }
    if (!owners.includes(stats.uid)) throw untrustedLink(path, next, stats.uid);
    links += 1;
    if (links > MAX_LINKS) {
      throw Object.assign(new Error(`ELOOP: ${path}`), { code: "ELOOP", syscall: "lstat" });
    }
    const target = fs.readlinkSync(next);
    if (target.startsWith("/")) directory = "/";
    parts.unshift(...partsOf(target));
  }
  return { directory, isSteady };
}

/** Tells whether others can neither rename nor remove what an owner has put into a directory. */
function keepsItsEntries({ uid, mode }: Stats, owners: readonly number[]): boolean {
  return owners.includes(uid) && ((mode & OTHERS_MAY_WRITE) === 0 || (mode & STICKY) !== 0);
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function untrustedLink(path: string, link: string, uid: number): TransportError {
  return new TransportError(
    "IPC_DIRECTORY_REFUSED",
    path,
    `The directory ${path} is reached through the symlink ${link} of user ${uid}, which that user can point elsewhere. Give a path without the symlink.`,
    undefined,
    true,
  );
}
