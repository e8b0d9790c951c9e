import { Child } from "./child.ts";
import type { LimitsRoutines } from "./processes/limits.ts";
import type { RawServerRoutines } from "./processes/raw-server.ts";
import { socketPath } from "./socket-path.ts";
import type { Stage } from "./stage.ts";

const block = 65_536;
const blocks = 2048;
const records = 500_000;

/** The best that this machine can do under this Node.js, measured in two processes that run until the end. */
export class Limits {
  readonly #client: Child<LimitsRoutines>;
  readonly #server: Child<RawServerRoutines>;

  private constructor(client: Child<LimitsRoutines>, server: Child<RawServerRoutines>) {
    this.#client = client;
    this.#server = server;
  }

  static async start(stage: Stage): Promise<Limits> {
    const path = socketPath(stage.directory, "limits");
    const server = new Child<RawServerRoutines>({
      label: "the server of the limits",
      module: "./processes/raw-server.js",
      values: [],
      stage,
    });
    const client = new Child<LimitsRoutines>({
      label: "the client of the limits",
      module: "./processes/limits.js",
      values: [],
      stage,
    });
    await server.routines.listen(path);
    await client.routines.connect(path);
    return new Limits(client, server);
  }

  /** MB per second over a bare connection of node:net, in writes of 64 KiB. */
  async rawMegabytes(share: number): Promise<number> {
    return this.#client.routines.rawMegabytes(block, Math.ceil(blocks * share));
  }

  /** MB per second that AES-256-GCM of node:crypto seals on one core, in records of 64 KiB. */
  async aesMegabytes(share: number): Promise<number> {
    return this.#client.routines.aesMegabytes(block, Math.ceil(blocks * share));
  }

  /**
   * MB per second if all bytes are first sealed and then sent. Opening them again is the other
   * core's work, at the same time.
   */
  async sealedMegabytes(share: number): Promise<number> {
    const raw = await this.rawMegabytes(share);
    const aes = await this.aesMegabytes(share);
    return 1 / (1 / raw + 1 / aes);
  }

  /** Records of 70 bytes per second that `JSON.stringify` encodes when nothing else happens. */
  async stringifies(share: number): Promise<number> {
    return this.#client.routines.stringifiesPerSecond(Math.ceil(records * share));
  }

  /** Records of 70 bytes per second that `JSON.parse` decodes when nothing else happens. */
  async parses(share: number): Promise<number> {
    return this.#server.routines.parsesPerSecond(Math.ceil(records * share));
  }

  /** The slower of the two while both are at work, each in its own process. */
  async recordsOnTwoCores(share: number): Promise<number> {
    return Math.min(...(await Promise.all([this.stringifies(share), this.parses(share)])));
  }

  async end(): Promise<void> {
    await Promise.all([this.#client.end(), this.#server.end()]);
  }
}
