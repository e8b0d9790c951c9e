import type { Stats } from "node:fs";
import { posix } from "node:path";
import { realTime } from "./real-time.ts";

/** The synchronous part of `node:fs`: an import statement would load its promises too, for some 2 ms on Node.js 24. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");

const { constants } = fs;

/** The facts that `lstat` and `stat` tell about a file. */
export interface FileFacts {
  readonly type: "directory" | "other" | "socket" | "symlink";
  /** The owner. */
  readonly uid: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Device and inode: the same for two names of one file. */
  readonly identity: string;
  /** Milliseconds since the file was last changed. */
  readonly age: number;
  /** Milliseconds since what it contains was last changed, or what its owner has set for that. */
  readonly contentAge: number;
}

/**
 * The facts that `lstat` tells about a path. Throws the system's errors.
 *
 * Synchronous: to look at an entry of a local directory takes some microseconds, to ask a thread to
 * look takes more than the whole connect.
 */
export function readFacts(path: string): FileFacts {
  return toFacts(fs.lstatSync(path));
}

/** The facts that `stat` tells about a path: of the target, if it is a symlink. Throws the system's errors. */
export function readTargetFacts(path: string): FileFacts {
  return toFacts(fs.statSync(path));
}

/** The facts of a file. */
function toFacts(stats: Stats): FileFacts {
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

/** Changes whenever a path comes to name another file, or the file gets or loses a name. Throws the system's errors. */
export function readStamp(path: string): string {
  const { dev, ino, ctimeNs, birthtimeNs } = fs.lstatSync(path, { bigint: true });
  return [dev, ino, ctimeNs, birthtimeNs].join(":");
}

/** Linux's fcntl.h; node:fs does not name it. Holds on to a file without opening it: a socket cannot be opened. */
const O_PATH = 0o10000000;

/** The folder in which Linux names the open files of a process: a path in it means that very file. */
const DESCRIPTORS = "/proc/self/fd";

/** A file that is held open: it stays the same when its name changes. */
export interface PinnedFile {
  readonly facts: FileFacts;
  /** Leads to the file itself. */
  readonly path: string;
  close(): void;
}

let able: boolean | undefined;

/** True if this system and this runtime can hold on to files: on Linux, with /proc. */
export function canPin(): boolean {
  able ??= process.platform === "linux" && seesEverything() && tryPinning();
  return able;
}

/** Other runtimes may not know the flag, or not give access to /proc. */
function tryPinning(): boolean {
  try {
    const root = pin("/", constants.O_DIRECTORY);
    const found = fs.existsSync(`${root.path}/proc`);
    root.close();
    return found;
  } catch {
    return false;
  }
}

/** Hold on to a directory; a symlink is followed. Throws the system's errors. */
export function pinDirectory(path: string): PinnedFile {
  return pin(path, constants.O_DIRECTORY);
}

/** Hold on to a directory's entry of a path's last name, a symlink itself included. Throws the system's errors. */
export function pinSocket(directory: PinnedFile, path: string): PinnedFile {
  return pin(posix.join(directory.path, posix.basename(path)), constants.O_NOFOLLOW);
}

function pin(path: string, flags: number): PinnedFile {
  const descriptor = fs.openSync(path, O_PATH | flags);
  try {
    return {
      facts: toFacts(fs.fstatSync(descriptor)),
      path: `${DESCRIPTORS}/${descriptor}`,
      close: () => fs.closeSync(descriptor),
    };
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

/** Deno's own interface, as far as it is used. */
declare const Deno:
  | { readonly permissions: { querySync(what: { name: "read" }): { readonly state: string } } }
  | undefined;

/** Tells whether the runtime lets this process look at every path. To try would make Deno ask its user. */
export function seesEverything(): boolean {
  if (typeof Deno !== "undefined") {
    return Deno.permissions.querySync({ name: "read" }).state === "granted";
  }
  // Of a process that was started with --permission.
  const permission: unknown = Reflect.get(process, "permission");
  return permission === undefined || process.permission.has("fs.read");
}
