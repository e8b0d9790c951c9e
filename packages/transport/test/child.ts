import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The file of a program in `children`, which runs on the built package. */
export function childFile(name: string): string {
  return fileURLToPath(new URL(`children/${name}.mjs`, import.meta.url));
}

/** The message of a starter. */
export interface Report {
  readonly ready?: boolean;
  readonly listening?: boolean;
  readonly code?: string;
}

/** A process that listens when told. */
export class StarterProcess {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(...args: string[]): Promise<StarterProcess> {
    const starter = new StarterProcess(fork(childFile("starter"), args, { execArgv: [] }));
    await starter.report();
    return starter;
  }

  /** The next thing it tells. Rejects if it ends instead. */
  report(): Promise<Report> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error("the starter ended"));
      this.#process.once("exit", fail);
      this.#process.once("message", (report: Report) => {
        this.#process.off("exit", fail);
        resolve(report);
      });
    });
  }

  listen(): Promise<Report> {
    const report = this.report();
    this.#process.send("listen");
    return report;
  }

  /** SIGKILL: it has no chance to clean up. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }
}

/** Run a program to its end, as another user if given, and give what it printed. */
export function run(name: string, args: string[], uid?: number): Promise<string> {
  const options = { timeout: 60_000, ...(uid === undefined ? {} : { uid, gid: uid }) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [childFile(name), ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${name} failed: ${stderr}`, { cause: error }));
    });
  });
}
