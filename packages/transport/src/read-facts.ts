import type { Stats } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import type { FileFacts } from "./file-operation.ts";

/** What `lstat` tells about a path. Throws the system's errors. */
export async function readFacts(path: string): Promise<FileFacts> {
  return toFacts(await lstat(path));
}

/**
 * The facts of a directory; a symlink is followed if one of `owners` made it, as root made
 * /tmp on macOS. Throws the system's errors.
 */
export async function readDirectoryFacts(
  path: string,
  owners: readonly number[],
): Promise<FileFacts> {
  const facts = await readFacts(path);
  if (facts.type !== "symlink" || !owners.includes(facts.uid)) return facts;
  return toFacts(await stat(path));
}

function toFacts(stats: Stats): FileFacts {
  return {
    type: typeOf(stats),
    uid: stats.uid,
    mode: stats.mode & 0o7777,
    identity: `${stats.dev}:${stats.ino}`,
    age: Date.now() - stats.ctimeMs,
  };
}

function typeOf(stats: Stats): FileFacts["type"] {
  if (stats.isSocket()) return "socket";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "other";
}
