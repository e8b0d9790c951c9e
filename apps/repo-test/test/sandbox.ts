import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import type { Registry } from "./registry.ts";

/** The exit of a program, and all its output. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * A new account: an empty home, so no caches and no settings but
 * the address of the registry, and an environment of which only PATH is ours.
 */
export class Sandbox {
  /** Absolute path of the empty home. */
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async create(registry: Registry): Promise<Sandbox> {
    const home = await realpath(await mkdtemp(join(tmpdir(), "repo-test-")));
    // npm and pnpm refuse to publish without a token; this registry does not look at it.
    const token = `${registry.url.replace("http:", "")}:_authToken=anything`;
    await writeFile(
      join(home, ".npmrc"),
      `registry=${registry.url}\n${token}\nupdate-notifier=false\n`,
    );
    return new Sandbox(home);
  }

  /** Run a program from PATH to its end, at most two minutes. Rejects if there is no such program. */
  async run(command: string, args: readonly string[], cwd: string = this.home): Promise<Outcome> {
    const child = spawn(command, args, {
      cwd,
      env: {
        PATH: process.env["PATH"],
        SystemRoot: process.env["SystemRoot"],
        HOME: this.home,
        USERPROFILE: this.home,
        APPDATA: this.home,
        LOCALAPPDATA: this.home,
        TMPDIR: this.home,
        IPC_EVENTER_DIR: join(this.home, "endpoints"),
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000,
      // On Windows npm and pnpm are .cmd files, which only a shell starts.
      shell: process.platform === "win32",
    });
    const ended = once(child, "close").catch((cause: unknown) => {
      throw new Error(`${command} did not start: run the tests by \`npx -y pnpm@12 test\``, {
        cause,
      });
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code: child.exitCode, stdout, stderr };
  }

  async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
