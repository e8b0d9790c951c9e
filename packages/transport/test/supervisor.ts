import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { childFile } from "./child.ts";

/** A process that holds sockets and runs services on them, as systemd does. */
export class Supervisor {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string, undefined>;

  /** The sockets become descriptors 3, 4, … of the services; "tcp" stands for a network socket. */
  constructor(...sockets: string[]) {
    this.#process = spawn(process.execPath, [childFile("supervisor"), ...sockets], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines: Interface = createInterface({ input: this.#process.stdout! });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Start a program. `LISTEN_PID` is its own id if `env` gives no other. */
  start(args: string[], env: Record<string, string>): void {
    this.#process.stdin!.write(`${JSON.stringify({ args, env })}\n`);
  }

  /** Start the service that listens on these descriptors under these names. */
  serve(wanted: [name: string, fd: number | "systemd"][], env: Record<string, string>): void {
    this.start([childFile("service"), JSON.stringify(wanted)], env);
  }

  /** The next line that a service prints, or "ended". */
  async line(): Promise<string> {
    const next: IteratorResult<string, undefined> = await this.#lines.next();
    if (next.value === undefined) throw new Error("the supervisor ended");
    return next.value;
  }

  /** Lines until the service has ended. */
  async linesToEnd(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== "ended"; line = await this.line()) lines.push(line);
    return lines;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.stdin!.end();
    await exit;
  }
}
