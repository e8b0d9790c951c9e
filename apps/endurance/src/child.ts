import { type ChildProcess, fork } from "node:child_process";
import { createBirpc, type BirpcReturn } from "birpc";

/** The program to start. */
export interface ChildOptions {
  /** The name in messages: "the server". */
  readonly label: string;
  /** A module of this app, as built. */
  readonly module: `./processes/${string}.js`;
  /** The brief that it is given at its start; anything JSON. */
  readonly brief: unknown;
  /** Options of node itself. */
  readonly execArgv?: readonly string[];
}

/** A process of a case. */
export class Child<Routines extends object> {
  readonly label: string;
  /** Ask it to do something. Rejects if that fails, or if the process ends. */
  readonly routines: BirpcReturn<Routines, object>;
  /** Fulfilled when the process is gone, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #process: ChildProcess;

  constructor({ label, module, brief, execArgv = [] }: ChildOptions) {
    this.label = label;
    const child = fork(new URL(module, import.meta.url), [JSON.stringify(brief)], {
      execArgv: [...execArgv],
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#process = child;
    this.ended = new Promise((resolve, reject) => {
      child.once("exit", (code, signal) => resolve(code ?? signal ?? 0));
      child.once("error", reject);
    });
    const { ended } = this;
    this.routines = createBirpc<Routines, object>(
      {},
      {
        post: (message: object) => child.connected && child.send(message, ignore),
        on: (receive) => child.on("message", receive),
        async onRequest({ m: routine }, next) {
          const end = async (): Promise<never> => {
            throw new Error(`${label} ended during ${routine}: ${await ended}`);
          };
          await Promise.race([next(), end()]);
        },
        // The cases have deadlines of their own.
        timeout: -1,
      },
    );
  }

  /** Send it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** End it as a crash would; fulfilled when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }
}

function ignore(): void {
  // `ended` says that the process is gone.
}
