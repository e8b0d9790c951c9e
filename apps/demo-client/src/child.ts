import { spawn, type ChildProcess } from "node:child_process";

/**
 * A process of the demo. Its standard input is a pipe that is never written to: when this process
 * ends, however it ends, the child reads the end of it and ends too.
 */
export class Child {
  readonly name: string;
  /** Fulfilled when the process is over, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;

  /** Starts a TypeScript program with the loader that runs this one. */
  constructor(name: string, program: string, environment: NodeJS.ProcessEnv) {
    this.name = name;
    this.#process = spawn(process.execPath, [...process.execArgv, program], {
      env: { ...process.env, ...environment },
      stdio: ["pipe", "inherit", "inherit"],
    });
    this.ended = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => resolve(code ?? signal ?? "no code"));
      this.#process.once("error", (error) => resolve(error.message));
    });
  }

  /** The process id; undefined if the process could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Ask the process to end: it reads the end of its standard input. */
  stop(): void {
    this.#process.stdin?.end();
  }

  /** End the process at once, as a crash would; does nothing if it is over. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
