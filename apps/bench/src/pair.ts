import type { Measurement, PairCase } from "./case.ts";
import { Child } from "./child.ts";
import type { Entry } from "./contender.ts";
import type { ClientRoutines } from "./processes/client.ts";
import type { ServerRoutines } from "./processes/server.ts";
import { socketPath } from "./socket-path.ts";
import type { Stage } from "./stage.ts";

/** The server process and the client process of one contender, connected for the whole run. */
export class Pair {
  readonly entry: Entry;
  /** The address of the server. */
  readonly path: string;
  readonly #server: Child<ServerRoutines>;
  readonly #client: Child<ClientRoutines>;

  private constructor(
    entry: Entry,
    path: string,
    server: Child<ServerRoutines>,
    client: Child<ClientRoutines>,
  ) {
    this.entry = entry;
    this.path = path;
    this.#server = server;
    this.#client = client;
  }

  static async start(entry: Entry, stage: Stage): Promise<Pair> {
    const path = socketPath(stage.directory, entry.name);
    const values = [entry.name, path];
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
    const pair = new Pair(entry, path, server, client);
    try {
      await server.routines.listen();
      await client.routines.load();
      await client.routines.connect();
    } catch (error) {
      await pair.end();
      throw error;
    }
    return pair;
  }

  async setUp({ name }: PairCase): Promise<void> {
    await this.#client.routines.setUp(name);
  }

  /** Runs one round of a case and adds the processor time in µs that both processes took for an operation. */
  async round({ name }: PairCase, operations: number): Promise<Measurement> {
    const before = await this.#server.routines.cpuTime();
    const { values, cpuTime, ownServerTime } = await Promise.race([
      this.#client.routines.round(name, operations),
      this.#server.ended,
    ]);
    const serverTime = (await this.#server.routines.cpuTime()) - before + ownServerTime;
    return {
      ...values,
      cpu: (cpuTime + serverTime) / operations,
      clientCpu: cpuTime / operations,
      serverCpu: serverTime / operations,
    };
  }

  async tearDown({ name }: PairCase): Promise<void> {
    await this.#client.routines.tearDown(name);
  }

  async end(): Promise<void> {
    await Promise.all([this.#client.end(), this.#server.end()]);
  }
}
