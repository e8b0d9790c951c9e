import { readFile } from "node:fs/promises";

/** Columns of /proc/net/unix, see proc_net(5): six, the inode, and the path to the end of the line. */
const LINE = /^(?:\S+ +){6}(\d+) (.+)$/u;

/**
 * The path that a Unix socket is bound to, or undefined where the system does not tell: Node.js
 * asks libuv for the path of its own sockets only, and only Linux lists those of others.
 */
export async function readSocketPath(
  inode: number,
  table: string = "/proc/net/unix",
): Promise<string | undefined> {
  const text = await readFile(table, "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const [, found, path] = LINE.exec(line) ?? [];
    if (found === String(inode)) return path;
  }
  return undefined;
}
