import { lstatSync, type Stats, statSync } from "node:fs";
import type { FileFacts } from "./file-operation.ts";
import { realTime } from "./real-time.ts";

/**
 * What `lstat` tells about a path. Throws the system's errors.
 *
 * Synchronous: to look at an entry of a local directory takes some microseconds, to ask a thread to
 * look takes more than the whole connect.
 */
export function readFacts(path: string): FileFacts {
  return toFacts(lstatSync(path));
}

/**
 * The facts of a directory; a symlink is followed if one of `owners` made it, as root made
 * /tmp on macOS. Throws the system's errors.
 */
export function readDirectoryFacts(path: string, owners: readonly number[]): FileFacts {
  const facts = readFacts(path);
  if (facts.type !== "symlink" || !owners.includes(facts.uid)) return facts;
  return toFacts(statSync(path));
}

function toFacts(stats: Stats): FileFacts {
  return {
    type: typeOf(stats),
    uid: stats.uid,
    mode: stats.mode & 0o7777,
    identity: `${stats.dev}:${stats.ino}`,
    age: realTime.date() - stats.ctimeMs,
  };
}

function typeOf(stats: Stats): FileFacts["type"] {
  if (stats.isSocket()) return "socket";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "other";
}
