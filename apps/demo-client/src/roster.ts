import type { Progress, WorkerState } from "@ipc-apps/demo-server/contract";

/** The list of workers that are connected: finds the changes in each picture of progress. */
export class Roster {
  readonly #ids = new Map<string, string>();
  readonly #present = new Set<string>();
  readonly #kept = new Set<string>();
  #manager: number | undefined;
  #returned = 0;

  /** The workers that came back to a new manager under the id they had. */
  get kept(): ReadonlySet<string> {
    return this.#kept;
  }

  /** Tells whether all of these workers are connected now. */
  hasAll(names: readonly string[]): boolean {
    return names.every((name) => this.#present.has(name));
  }

  /** The news since the last picture, one sentence each. */
  follow(progress: Progress): string[] {
    return [
      ...this.#managerNews(progress.pid),
      ...progress.workers.flatMap((worker) => this.#workerNews(worker)),
      ...this.#absences(progress.workers),
      ...progress.returned.slice(this.#returned).map(({ worker, files }) => {
        this.#returned += 1;
        return `${files} files of ${worker} were handed out again`;
      }),
    ];
  }

  #managerNews(pid: number): string[] {
    if (this.#manager === pid) return [];
    const isNew = this.#manager === undefined;
    this.#manager = pid;
    // The processes that knew the former one have yet to find this one.
    this.#present.clear();
    return [isNew ? `the manager is up (pid ${pid})` : `a new manager is up (pid ${pid})`];
  }

  #workerNews({ name, id, pid }: WorkerState): string[] {
    if (this.#present.has(name)) return [];
    this.#present.add(name);
    const former = this.#ids.get(name);
    this.#ids.set(name, id);
    if (former === undefined) return [`${name} has connected (pid ${pid}, id ${id})`];
    if (former !== id) return [`${name} has reconnected under a new id, ${id}`];
    this.#kept.add(name);
    return [`${name} has reconnected, as ${id} again`];
  }

  #absences(workers: readonly WorkerState[]): string[] {
    const gone = [...this.#present].filter((name) => workers.every((one) => one.name !== name));
    for (const name of gone) this.#present.delete(name);
    return gone.map((name) => `${name} has disconnected`);
  }
}
