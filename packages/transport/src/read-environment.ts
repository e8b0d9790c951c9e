import { lstatSync } from "node:fs";
import type { Environment } from "./resolve-endpoint.ts";

/** The environment of this process; `directory` is the option, which goes before IPC_EVENTER_DIR. */
export function readEnvironment(directory: string | undefined): Environment {
  const { platform } = process;
  const uid = process.geteuid?.() ?? -1;
  // Looked at when they are asked for: a permission is needed for what matters alone.
  return {
    platform,
    uid,
    get user() {
      return platform === "win32" ? windowsUser() : "";
    },
    get directory() {
      const chosen = directory ?? process.env["IPC_EVENTER_DIR"];
      return chosen === "" ? undefined : chosen;
    },
    get hasRuntimeDirectory() {
      return platform !== "win32" && isDirectoryOf(`/run/user/${uid}`, uid);
    },
    get temporaryDirectory() {
      return platform === "darwin" ? darwinTemporaryDirectory() : undefined;
    },
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
