import { createFaults, type Faults } from "../src/faults.ts";
import { createMemoryTransport } from "../src/memory-transport.ts";
import type { Connection, Transport } from "../src/transport.ts";
import { RecordingAcceptor } from "./acceptor.ts";
import { record, type Recorder } from "./recorder.ts";

/** Both ends of a connection and what they hear. */
export interface Pair {
  readonly client: Connection;
  readonly server: Connection;
  readonly atClient: Recorder;
  readonly atServer: Recorder;
}

/** A memory transport with faults, in which nothing moves but by the test's own hand. */
export class FaultWorld {
  /** The timers of the faults, for the test to fire. */
  readonly timers: { task: () => void; milliseconds: number }[] = [];
  readonly faults: Faults;
  readonly transport: Transport;
  readonly #tasks: (() => void)[] = [];
  readonly #acceptor: RecordingAcceptor = new RecordingAcceptor();

  private constructor() {
    this.faults = createFaults({
      timer: (task, milliseconds) => this.timers.push({ task, milliseconds }),
    });
    const schedule = (task: () => void): unknown => this.#tasks.push(task);
    this.transport = createMemoryTransport({ schedule, faults: this.faults });
  }

  /** A world with a listener at "here". */
  static async create(): Promise<FaultWorld> {
    const world = new FaultWorld();
    await world.transport.listen("here", world.#acceptor);
    return world;
  }

  /** Run tasks, by default until none is left. */
  turn(count: number = Number.POSITIVE_INFINITY): void {
    for (let done = 0; done < count && this.#tasks.length > 0; done++) this.#tasks.shift()?.();
  }

  /** Fire all timers of the faults, in their order. */
  elapse(): void {
    for (const { task } of this.timers.splice(0)) task();
  }

  async connect(): Promise<Pair> {
    const dialled = this.transport.dial("here");
    this.turn(this.#tasks.length);
    const client = await dialled;
    const server = this.#acceptor.connections.at(-1)!;
    return { client, server, atClient: record(client), atServer: record(server) };
  }

  /** Dial once: "connected", or the code of the failure. */
  async dial(): Promise<string> {
    const dialled = this.transport.dial("here").then(
      () => "connected",
      (error: unknown) => (error as { code: string }).code,
    );
    this.turn();
    return dialled;
  }
}
