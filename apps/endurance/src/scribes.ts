import type { Child } from "./child.ts";
import { readJournal } from "./journal.ts";
import type { Journal } from "./judge-journals.ts";
import type { Scribe, ScribeBrief } from "./processes/scribe.ts";
import type { Stage } from "./stage.ts";

/** A process that writes down all it says and hears. */
export interface Writer {
  readonly process: number;
  readonly child: Child<Scribe>;
}

/** The options of all scribes of a scene. */
export interface SceneOptions {
  /** Names the endpoint and the journals; no other scene has the same. */
  readonly name: string;
  readonly seed: number;
  readonly options: ScribeBrief["options"];
}

/** The scribes of one scene, running and ended, and their journals. */
export class Scribes {
  readonly #stage: Stage;
  readonly #scene: SceneOptions;
  readonly #killed = new Set<number>();
  #count = 0;

  constructor(stage: Stage, scene: SceneOptions) {
    this.#stage = stage;
    this.#scene = scene;
  }

  /** Start one, which talks to whomever it meets at once. `own` goes before the scene's options. */
  async start(role: ScribeBrief["role"], own: ScribeBrief["options"] = {}): Promise<Writer> {
    const { name, seed, options } = this.#scene;
    const process = ++this.#count;
    const brief: ScribeBrief = {
      role,
      process,
      journal: this.#journal(process),
      seed: seed + process,
      endpoint: this.#stage.path(`${name}.sock`),
      options: {
        reconnect: true,
        reconnectInterval: 10,
        reconnectMaxInterval: 50,
        ...options,
        ...own,
      },
    };
    const module = "./processes/scribe.js";
    const child = this.#stage.start<Scribe>({ label: `${role} ${process}`, module, brief });
    await child.routines.open();
    return { process, child };
  }

  /** End one as a crash would. */
  async kill({ process, child }: Writer): Promise<void> {
    this.#killed.add(process);
    await child.kill();
  }

  /** Let a server and its client finish, and say goodbye. `rest` milliseconds pass in between. */
  async fall(server: Writer, client: Writer, rest: number): Promise<void> {
    await Promise.all([server, client].map(({ child }) => child.routines.fall()));
    await new Promise((resolve) => setTimeout(resolve, rest));
    await client.child.routines.close();
    await server.child.routines.close();
    await Promise.all([server.child.kill(), client.child.kill()]);
  }

  /** The journals of all. */
  journals(): Journal[] {
    return Array.from({ length: this.#count }, (_, index) => {
      const process = index + 1;
      const entries = readJournal(this.#journal(process));
      return { process, killed: this.#killed.has(process), entries };
    });
  }

  #journal(process: number): string {
    return this.#stage.path(`${this.#scene.name}-${process}.journal`);
  }
}
