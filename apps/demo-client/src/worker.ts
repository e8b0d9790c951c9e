import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, ToClient, ToManager } from "@ipc-apps/demo-server/contract";
import { IPCClient, type IPCSocket } from "ipc-eventer";
import { countFile } from "./count-file.ts";
import { Desk } from "./desk.ts";
import { isAway } from "./is-away.ts";
import { spoilReport } from "./spoil-report.ts";

export interface WorkerOptions {
  /** The manager's endpoint. */
  readonly endpoint: string;
  readonly password: string;
  /** The name of this worker for people. */
  readonly name: string;
  /** The folder that the paths of jobs are relative to. */
  readonly folder: string;
  /** See `spoilReport`. */
  readonly spoil?: string | undefined;
}

/** Counts the files it is given, and keeps what it has over every reconnect. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #client: IPCClient<ToClient, ToManager>;
  readonly #desk = new Desk();
  #working = false;
  #stopped = false;

  constructor(options: WorkerOptions) {
    const { endpoint, name, password } = options;
    this.#options = options;
    this.#client = new IPCClient<ToClient, ToManager>(endpoint, {
      name,
      password,
      reconnect: true,
      reconnectInterval: 100,
      reconnectMaxInterval: 300,
    });
    this.#listen();
  }

  /** Connect, and stay connected until the manager sends this worker home. A `stop` ends the attempt. */
  async start(): Promise<void> {
    try {
      await this.#client.connect();
    } catch (error) {
      if (!this.#stopped) throw error;
    }
  }

  /** Say goodbye to the manager, which then hands this worker's files to others. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#client.disconnect("The worker was told to stop.");
  }

  #listen(): void {
    this.#client.on("connected", (socket) => this.#signOn(socket));
    this.#client.on("error", (error: Error) => {
      // The worker goes on working while the manager is away, and the client dials.
      if (!isAway(error)) console.error(`${this.#client.name}: ${error.message}`);
    });
  }

  /** A new session: the manager may be a new process, which knows nothing of this worker. */
  #signOn(socket: IPCSocket<ToClient, ToManager>): void {
    socket.on("job", async (job: Job) => {
      this.#desk.accept(job);
      await this.#work();
    });
    socket.on("recorded", (path: string) => this.#desk.forget(path));
    socket.emit("sign-on", { pid: process.pid, holding: this.#desk.holding });
    for (const report of this.#desk.unrecorded) socket.emit("report", report);
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let job = this.#desk.next; job !== undefined; job = this.#desk.next) {
      await this.#do(job);
    }
    this.#working = false;
  }

  async #do({ path, rest }: Job): Promise<void> {
    try {
      const counted = await countFile(join(this.#options.folder, path), path);
      await sleep(rest);
      const report = spoilReport(counted, this.#options.spoil);
      if (report === undefined) return this.#desk.drop(path);
      this.#desk.finish(report);
      // Without a session it leaves with the next one: see `#signOn`.
      this.#client.socket?.emit("report", report);
    } catch (error) {
      this.#desk.drop(path);
      this.#client.socket?.emit("unreadable", { path, code: codeOf(error) });
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
