import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Outcome, Setting } from "../case.ts";
import type { Child } from "../child.ts";
import { readJournal } from "../journal.ts";
import { type Journal, judgeJournals } from "../judge-journals.ts";
import type { Scribe, ScribeBrief } from "../processes/scribe.ts";
import { seeded } from "../seeded.ts";

type Role = ScribeBrief["role"];

/** How often either side is killed. */
const killsOf = { short: 3, long: 20 } as const;

/** Long enough for a client that is not killed, short enough to see the end of those that were. */
const recoveryWindow = 700;

/** Server and client are killed in turn, and started again. */
export const kills: Case = {
  name: "kills",
  promise: "what flush confirmed was heard, nothing twice; all else of the living is in `lost`",
  async run(setting) {
    const plain = await new Killing(setting, "plaintext", undefined).run();
    const sealed = await new Killing(setting, "encrypted", "correct horse").run();
    return {
      rows: [...plain.rows, ...sealed.rows],
      broken: [...plain.broken, ...sealed.broken],
    };
  },
};

/** A scribe and its process. */
interface Writer {
  readonly process: number;
  readonly child: Child<Scribe>;
}

class Killing {
  readonly #setting: Setting;
  readonly #mode: string;
  readonly #password: string | undefined;
  readonly #random: () => number;
  readonly #killed = new Set<number>();
  #processes = 0;

  constructor(setting: Setting, mode: string, password: string | undefined) {
    this.#setting = setting;
    this.#mode = mode;
    this.#password = password;
    this.#random = seeded(setting.seed);
  }

  async run(): Promise<Outcome> {
    const rounds = killsOf[this.#setting.form];
    const writers = { server: await this.#start("server"), client: await this.#start("client") };
    const left = { server: rounds, client: rounds };
    while (left.server + left.client > 0) {
      const either: Role = this.#random() < 0.5 ? "server" : "client";
      const role = left[either] > 0 ? either : either === "server" ? "client" : "server";
      await sleep(50 + this.#random() * 350);
      left[role]--;
      this.#killed.add(writers[role].process);
      await writers[role].child.kill();
      await sleep(this.#random() * 200);
      writers[role] = await this.#start(role);
    }
    await sleep(500);
    const { server, client } = writers;
    await Promise.all([server, client].map(({ child }) => child.routines.fall()));
    // The sessions of killed clients have not all been given up yet.
    await sleep(recoveryWindow);
    await client.child.routines.close();
    await server.child.routines.close();
    await Promise.all([server.child.kill(), client.child.kill()]);
    return this.#judge(2 * rounds);
  }

  async #start(role: Role): Promise<Writer> {
    const { stage, seed } = this.#setting;
    const process = ++this.#processes;
    const brief: ScribeBrief = {
      role,
      process,
      journal: this.#journal(process),
      seed: seed + process,
      endpoint: stage.path(`${this.#mode}.sock`),
      options: {
        password: this.#password,
        recoveryWindow,
        reconnect: true,
        reconnectInterval: 10,
        reconnectMaxInterval: 50,
      },
    };
    const child = stage.start<Scribe>({
      label: `${role} ${process}`,
      module: "./processes/scribe.js",
      brief,
    });
    await child.routines.open();
    return { process, child };
  }

  #journal(process: number): string {
    return this.#setting.stage.path(`${this.#mode}-${process}.journal`);
  }

  #judge(made: number): Outcome {
    const journals: Journal[] = [];
    for (let process = 1; process <= this.#processes; process++) {
      const entries = readJournal(this.#journal(process));
      journals.push({ process, killed: this.#killed.has(process), entries });
    }
    const { faults, diedWithSpeaker, ...sums } = judgeJournals(journals);
    const row = {
      mode: this.#mode,
      kills: made,
      ...sums,
      "died with its speaker": diedWithSpeaker,
      "lost, doubled, late": faults.length,
    };
    return { rows: [row], broken: faults.slice(0, 20).map((fault) => `${this.#mode}: ${fault}`) };
  }
}
