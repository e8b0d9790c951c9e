import type { Case } from "./case.ts";
import { Child } from "./child.ts";
import type { Contender } from "./contender.ts";
import type { Entry } from "./contenders.ts";
import type { ClientRoutines } from "./processes/client.ts";
import type { ServerRoutines } from "./processes/server.ts";
import { socketPath } from "./socket-path.ts";
import type { Stage } from "./stage.ts";

/** What one round of one contender measured, by metric. */
export type Measurement = Record<string, number>;

/** The server process and the client process of one contender, connected for the whole run. */
export class Pair {
  readonly entry: Entry;
  readonly cannot: Contender["cannot"];
  readonly #server: Child<ServerRoutines>;
  readonly #client: Child<ClientRoutines>;

  private constructor(
    entry: Entry,
    cannot: Contender["cannot"],
    server: Child<ServerRoutines>,
    client: Child<ClientRoutines>,
  ) {
    this.entry = entry;
    this.cannot = cannot;
    this.#server = server;
    this.#client = client;
  }

  static async start(entry: Entry, stage: Stage): Promise<Pair> {
    const values = [entry.name, socketPath(stage.directory, entry.name)];
    const server = new Child<ServerRoutines>({
      label: `the server of ${entry.name}`,
      module: "./processes/server.js",
      values,
      stage,
    });
    const client = new Child<ClientRoutines>({
      label: `the client of ${entry.name}`,
      module: "./processes/client.js",
      values,
      stage,
    });
    await server.routines.listen();
    return new Pair(entry, await client.routines.connect(), server, client);
  }

  /** Runs one round of a case and adds the processor time that both processes took for it. */
  async round(benchCase: Case, operations: number): Promise<Measurement> {
    const before = await this.#server.routines.cpuTime();
    const { values, cpuTime } = await Promise.race([
      this.#client.routines.round(benchCase.name, operations),
      this.#server.ended,
    ]);
    const serverTime = (await this.#server.routines.cpuTime()) - before;
    return {
      ...values,
      cpu: (cpuTime + serverTime) / operations,
      clientCpu: cpuTime / operations,
      serverCpu: serverTime / operations,
    };
  }

  async end(): Promise<void> {
    await Promise.all([this.#client.end(), this.#server.end()]);
  }
}
