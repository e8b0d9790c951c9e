import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The figures that `server.mjs` measures of itself: memory in MiB, times in milliseconds. */
export interface Measures {
  readonly rss: number;
  readonly p99: number;
  readonly max: number;
  /** Connections that ended over an error, by its code. */
  readonly codes: Readonly<Record<string, number>>;
  /** The number of `error` events. */
  readonly errors: number;
}

/** A program of this folder in a process of its own, on the built packages. */
export class Attacker {
  readonly #process: ChildProcess;

  constructor(program: string, ...args: readonly string[]) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    this.#process = fork(path, args, { execArgv: ["--expose-gc"] });
  }

  /** Waits for its next message. Rejects when it ends without one. */
  async says(): Promise<unknown> {
    const ended = once(this.#process, "exit").then(() => {
      throw new Error("The program ended.");
    });
    const [message] = (await Promise.race([once(this.#process, "message"), ended])) as unknown[];
    return message;
  }

  /** Ask a server for what it has measured so far. */
  async measures(wish: "reset" | "measure" = "measure"): Promise<Measures> {
    const answer = this.says();
    this.#process.send(wish);
    return (await answer) as Measures;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
