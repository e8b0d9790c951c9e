import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import type { Broadcaster, BroadcasterBrief } from "./processes/broadcaster.ts";
import type { Crowd, CrowdBrief } from "./processes/crowd.ts";
import type { Stage } from "./stage.ts";

/** A server in its own process, and the processes of its many clients. */
export class CrowdedServer {
  readonly server: Child<Broadcaster>;
  readonly #stage: Stage;
  readonly #endpoint: string;

  constructor(stage: Stage, name: string, options: BroadcasterBrief["options"]) {
    this.#stage = stage;
    this.#endpoint = stage.path(`${name}.sock`);
    this.server = stage.start<Broadcaster>({
      label: "the server",
      module: "./processes/broadcaster.js",
      brief: { endpoint: this.#endpoint, options } satisfies BroadcasterBrief,
      execArgv: ["--expose-gc"],
    });
  }

  /** Start a process with so many clients, and connect them. */
  async fill(size: number, options: CrowdBrief["options"]): Promise<Child<Crowd>> {
    const module = "./processes/crowd.js";
    const brief: CrowdBrief = { endpoint: this.#endpoint, size, options };
    const crowd = this.#stage.start<Crowd>({ label: "the clients", module, brief });
    await crowd.routines.open();
    return crowd;
  }

  /** Wait until the server has so many sessions. */
  async has(sessions: number): Promise<void> {
    while ((await this.server.routines.sessions()) !== sessions) await sleep(20);
  }
}
