import { execFileSync } from "node:child_process";
import { lstatSync } from "node:fs";
import { userInfo } from "node:os";
import { env, geteuid, platform } from "node:process";
import type { Environment } from "./resolve-endpoint.ts";

/** The environment of this process; `directory` is the option, which goes before IPC_EVENTER_DIR. */
export function readEnvironment(directory: string | undefined): Environment {
  const uid = geteuid?.() ?? -1;
  const chosen = directory ?? env["IPC_EVENTER_DIR"];
  return {
    platform,
    uid,
    user: platform === "win32" ? userInfo().username : "",
    directory: chosen === "" ? undefined : chosen,
    hasRuntimeDirectory: platform !== "win32" && isDirectoryOf(`/run/user/${uid}`, uid),
    temporaryDirectory: platform === "darwin" ? darwinTemporaryDirectory() : undefined,
  };
}

/** Whether a path is a directory, no symlink, of that user. */
export function isDirectoryOf(path: string, uid: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === uid;
}

let darwinDirectory: string | undefined;

/** Asked of the system and not of TMPDIR, which a shell, sudo or a service may set otherwise. */
function darwinTemporaryDirectory(): string | undefined {
  try {
    darwinDirectory ??= execFileSync("/usr/bin/getconf", ["DARWIN_USER_TEMP_DIR"], {
      encoding: "utf8",
      timeout: 5_000,
    }).trim();
  } catch {
    // Then the literal /tmp serves, as on Linux.
  }
  return darwinDirectory;
}
