import { onTestFinished } from "vitest";
import { endpoint, type TestPlace } from "./test-place.ts";
import { Program } from "./program.ts";
import { RawPeer } from "./raw-peer.ts";
import type { IPCServerOptions } from "../src/index.ts";

/** The report of a server in a process of its own. */
export interface ServerReport {
  /** The number of times that each error was published. */
  readonly codes: Readonly<Record<string, number>>;
  /** The highest resident size in bytes so far. */
  readonly peak: number;
  readonly memory: NodeJS.MemoryUsage;
  readonly clients: number;
}

/** An echo server in a process of its own, in which nothing listens to `error`. */
export class RemoteServer {
  readonly program: Program;
  readonly address: string;
  readonly #place: TestPlace;

  private constructor(place: TestPlace, program: Program) {
    this.#place = place;
    this.program = program;
    this.address = `${place.directory}/${endpoint}.sock`;
  }

  /** Start one, with at most `files` open files if that is given. */
  static async start(
    place: TestPlace,
    options: IPCServerOptions = {},
    files?: number,
  ): Promise<RemoteServer> {
    const program = new Program("server.mjs", {
      args: [JSON.stringify({ directory: place.directory, ...options })],
      execArgv: ["--expose-gc"],
      ...(files === undefined ? {} : { files }),
    });
    const server = new RemoteServer(place, program);
    onTestFinished(() => server.stop());
    await program.report();
    return server;
  }

  async report(): Promise<ServerReport> {
    const report = this.program.report();
    this.program.tell("report");
    return (await report) as ServerReport;
  }

  /** Wait until it has published an error of that code. Rejects after 5 s. */
  async sees(code: string): Promise<void> {
    const deadline = Date.now() + 5_000;
    let seen: ServerReport["codes"] = {};
    while (seen[code] === undefined) {
      if (Date.now() > deadline) throw new Error(`Saw ${JSON.stringify(seen)}, and no ${code}.`);
      seen = (await this.report()).codes;
    }
  }

  /** Stop it gracefully. */
  async stop(): Promise<void> {
    if (this.program.process.exitCode === null) this.program.tell("stop");
    await this.program.ended;
  }

  /** A connection to it without the library. */
  async rawPeer(): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.address);
    this.#place.finally(() => peer.destroy());
    return peer;
  }
}
