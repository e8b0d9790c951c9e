import type { Progress } from "@ipc-apps/demo-server/contract";

/** The accidents of the plot. */
export interface Stage {
  killWorker(name: string): Promise<void>;
  restartManager(): Promise<void>;
}

/** The worker that is killed. */
export const victim = "worker-2";

/**
 * The accidents of the demo, in order: with a quarter of the work done a worker is killed that has
 * files in hand; once these were handed out again and half is done, the manager is.
 */
export class Plot {
  readonly #stage: Stage;
  #act: "work" | "worker killed" | "manager restarted" = "work";

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** True when everything has happened. */
  get isOver(): boolean {
    return this.#act === "manager restarted";
  }

  follow({ done, total, workers, returned }: Progress): void {
    const busy = workers.some(({ name, holding }) => name === victim && holding > 0);
    if (this.#act === "work" && done >= total / 4 && busy) {
      this.#act = "worker killed";
      void this.#stage.killWorker(victim);
    } else if (this.#act === "worker killed" && done >= total / 2 && returned.length > 0) {
      this.#act = "manager restarted";
      void this.#stage.restartManager();
    }
  }
}
