import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { posix } from "node:path";
import { OTHERS_MAY_WRITE, STICKY } from "./check-directory.ts";
import type { Place } from "./endpoint.ts";
import { TransportError } from "./errors.ts";
import type { FileFacts } from "./file-operation.ts";
import { realTime } from "./real-time.ts";

/** Symlinks that one path may lead through: MAXSYMLINKS of Linux. */
const MAX_LINKS = 40;

/**
 * The facts that `lstat` tells about a path. Throws the system's errors.
 *
 * Synchronous: to look at an entry of a local directory takes some microseconds, to ask a thread to
 * look takes more than the whole connect.
 */
export function readFacts(path: string): FileFacts {
  return toFacts(lstatSync(path));
}

/** The facts that `stat` tells about a path: of the target, if it is a symlink. Throws the system's errors. */
export function readTargetFacts(path: string): FileFacts {
  return toFacts(statSync(path));
}

/** Changes whenever a path comes to name another file, or the file gets or loses a name. Throws the system's errors. */
export function readStamp(path: string): string {
  const { dev, ino, ctimeNs, birthtimeNs } = lstatSync(path, { bigint: true });
  return [dev, ino, ctimeNs, birthtimeNs].join(":");
}

/** A place whose directory is what the system makes of the path. */
export interface SettledPlace {
  readonly place: Place;
  /** Whether none but the owners can make the path lead to another directory. */
  readonly isSteady: boolean;
}

/**
 * Follow a path to its directory: where it goes through `..`, the text alone does not tell, as what
 * stands before it may be a symlink. Refuses, with `IPC_DIRECTORY_REFUSED`, a path through a symlink
 * of a user that is not one of `owners`, who could point it elsewhere. Throws the system's errors.
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

/** Deno's own interface, as far as it is used. */
declare const Deno:
  | { readonly permissions: { querySync(what: { name: "read" }): { readonly state: string } } }
  | undefined;

/** Whether the runtime lets this process look at every path. To try would make Deno ask its user. */
export function seesEverything(): boolean {
  if (typeof Deno !== "undefined") {
    return Deno.permissions.querySync({ name: "read" }).state === "granted";
  }
  // Of a process that was started with --permission.
  const permission: unknown = Reflect.get(process, "permission");
  return permission === undefined || process.permission.has("fs.read");
}

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
    const stats = lstatSync(next, { throwIfNoEntry: parts.length > 0 });
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
    const target = readlinkSync(next);
    if (target.startsWith("/")) directory = "/";
    parts.unshift(...partsOf(target));
  }
  return { directory, isSteady };
}

/** Whether others can neither rename nor remove what an owner has put into a directory. */
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
    `The directory ${path} lies behind the symlink ${link} of user ${uid}, who can point it elsewhere. Give a path without it.`,
    undefined,
    true,
  );
}

/** The facts of a file. */
export function toFacts(stats: Stats): FileFacts {
  return {
    type: typeOf(stats),
    uid: stats.uid,
    mode: stats.mode & 0o7777,
    identity: `${stats.dev}:${stats.ino}`,
    age: realTime.date() - stats.ctimeMs,
    contentAge: realTime.date() - stats.mtimeMs,
  };
}

function typeOf(stats: Stats): FileFacts["type"] {
  if (stats.isSocket()) return "socket";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "other";
}
