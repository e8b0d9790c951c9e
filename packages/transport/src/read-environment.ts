import { lstatSync } from "node:fs";
import type { Environment } from "./resolve-endpoint.ts";

/** The environment of this process; `directory` is the option, which goes before IPC_EVENTER_DIR. */
export function readEnvironment(directory: string | undefined): Environment {
  const { env, platform } = process;
  const uid = process.geteuid?.() ?? -1;
  const chosen = directory ?? env["IPC_EVENTER_DIR"];
  return {
    platform,
    uid,
    user: platform === "win32" ? windowsUser() : "",
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

/** Node.js loads what only one platform needs when it is needed, not with this package. */
function windowsUser(): string {
  return process.getBuiltinModule("node:os").userInfo().username;
}

let darwinDirectory: string | undefined;

/** Asked of the system and not of TMPDIR, which a shell, sudo or a service may set otherwise. */
function darwinTemporaryDirectory(): string | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule("node:child_process");
    darwinDirectory ??= execFileSync("/usr/bin/getconf", ["DARWIN_USER_TEMP_DIR"], {
      encoding: "utf8",
      timeout: 5_000,
    }).trim();
  } catch {
    // Then the literal /tmp serves, as on Linux.
  }
  return darwinDirectory;
}
