import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";

export interface CastOptions {
  /** The endpoint's name. */
  readonly endpoint: string;
  readonly password: string;
  readonly folder: string;
  /** The file of the manager's journal. */
  readonly journal: string;
  readonly seconds: number;
  /** The way in which the last worker spoils its reports, see `spoilReport`. */
  readonly spoil: string | undefined;
}

const manager = fileURLToPath(import.meta.resolve("@ipc-apps/demo-server/manager"));
const worker = fileURLToPath(new URL("run-worker.ts", import.meta.url));

/** Milliseconds that a process has to end by itself before it is killed. */
const patience = 2_000;

/** The names of the workers. */
export const workerNames = ["worker-1", "worker-2", "worker-3"] as const;

/** The processes of the demo. */
export class Cast {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #spoil: string | undefined;
  readonly #children = new Map<string, Child>();
  /** The processes that are to end, by our hand or of their own accord. */
  readonly #leaving = new Set<Child>();
  readonly #dropouts: AbortController = new AbortController();
  #over = false;

  constructor({ endpoint, password, folder, journal, seconds, spoil }: CastOptions) {
    this.#spoil = spoil;
    this.#environment = {
      IPC_DEMO_NAME: endpoint,
      IPC_DEMO_PASSWORD: password,
      IPC_DEMO_FOLDER: folder,
      IPC_DEMO_JOURNAL: journal,
      IPC_DEMO_SECONDS: String(seconds),
    };
  }

  /** Aborted when a process ends that should not, with an error that says which. */
  get dropout(): AbortSignal {
    return this.#dropouts.signal;
  }

  /** The manager's process id, while it is not being killed or replaced. */
  get managerId(): number | undefined {
    const child = this.#children.get("manager");
    return child === undefined || this.#leaving.has(child) ? undefined : child.pid;
  }

  /** The names of the workers that were not killed. */
  get survivors(): string[] {
    return workerNames.filter((name) => {
      const child = this.#children.get(name);
      return child !== undefined && !this.#leaving.has(child);
    });
  }

  startManager(): void {
    this.#start("manager", manager, {});
  }

  startWorkers(): void {
    for (const name of workerNames) {
      const spoil = name === workerNames.at(-1) ? this.#spoil : undefined;
      this.#start(name, worker, { IPC_DEMO_WORKER: name, IPC_DEMO_SPOIL: spoil });
    }
  }

  /** Kill the process of that name, if there is one, and wait for its end. */
  async kill(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (child === undefined) return;
    this.#leaving.add(child);
    child.kill();
    await child.ended;
  }

  /** Kill the manager and start a new process in its place. */
  async restartManager(): Promise<void> {
    await this.kill("manager");
    if (!this.#over) this.startManager();
  }

  /** Wait until all processes have ended by themselves; answers those that failed. */
  async leave(): Promise<string[]> {
    const remaining = [...this.#children.values()].filter((child) => !this.#leaving.has(child));
    for (const child of remaining) this.#leaving.add(child);
    const failures = await Promise.all(
      remaining.map(async ({ name, ended }) => {
        const how = await ended;
        return how === 0 ? [] : [`${name} ended with ${how}`];
      }),
    );
    return failures.flat();
  }

  /** End whatever is left: ask first, then kill. */
  async clear(): Promise<void> {
    this.#over = true;
    const children = [...this.#children.values()];
    for (const child of children) {
      this.#leaving.add(child);
      child.stop();
    }
    const impatience = setTimeout(() => {
      for (const child of children) child.kill();
    }, patience);
    await Promise.all(children.map(({ ended }) => ended));
    clearTimeout(impatience);
  }

  #start(name: string, program: string, more: NodeJS.ProcessEnv): void {
    const child = new Child(name, program, { ...this.#environment, ...more });
    this.#children.set(name, child);
    void this.#watch(child);
  }

  async #watch(child: Child): Promise<void> {
    const how = await child.ended;
    if (this.#leaving.has(child)) return;
    this.#dropouts.abort(new Error(`${child.name} ended by itself, with ${how}`));
  }
}
