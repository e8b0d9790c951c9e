import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The end of a program. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that it printed, both streams together. */
  readonly output: string;
}

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node itself. */
  readonly execArgv?: readonly string[];
  readonly uid?: number;
  /** The most files that it may have open. */
  readonly files?: number;
}

/**
 * A program of `test/programs`, for node or Python, in a process of its own; killed when the test is
 * over.
 */
export class Program {
  readonly process: ChildProcess;
  /** Fulfilled when it has ended and all its output is read. */
  readonly ended: Promise<Ending>;
  #output = "";
  #wake: (() => void) | undefined;

  constructor(name: string, options: ProgramOptions = {}) {
    const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
    const { args = [], env = {}, execArgv = [], uid, files } = options;
    const interpreter = name.endsWith(".py") ? ["python3", "-B"] : [process.execPath, ...execArgv];
    const words = [...interpreter, path, ...args];
    const limit = ["sh", "-c", `ulimit -n ${files} && exec "$@"`, "sh"];
    const [command = "", ...rest] = files === undefined ? words : [...limit, ...words];
    this.process = spawn(command, rest, {
      env: { ...process.env, NODE_OPTIONS: "", ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    // The channel is for messages of the test; it must not hold the program.
    this.process.channel?.unref();
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        this.#output += text;
        this.#wake?.();
      });
    }
    this.ended = new Promise((resolve) => {
      this.process.once("close", (code, signal) => {
        resolve({ code, signal, output: this.#output });
        this.#wake?.();
      });
    });
    onTestFinished(() => {
      this.process.kill("SIGKILL");
    });
  }

  /** All that it has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Wait until it has printed a text `count` times. Rejects after 90 s, or when it ends without. */
  async prints(text: string, count = 1): Promise<void> {
    const deadline = Date.now() + 90_000;
    while (this.#output.split(text).length <= count) {
      if (this.process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`No "${text}" in:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** End it as a crash would. */
  async crash(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  /** The next value it sends over its channel. Rejects after 90 s: a busy machine takes long. */
  report(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`No report. Output:\n${this.#output}`)),
        90_000,
      );
      this.process.once("message", (value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  }

  /** Send it a value over its channel. */
  tell(value: string): void {
    this.process.send(value);
  }
}
