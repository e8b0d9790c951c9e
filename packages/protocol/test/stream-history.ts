import { Buffer } from "node:buffer";
import type { Dice } from "./dice.ts";
import { RandomPair } from "./random-pair.ts";
import type { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";
import { type Basin, type Tank, Well } from "./tank.ts";

interface Sent {
  readonly well: Well;
  readonly size: number;
}

/**
 * Plays one random conversation with streams among its events over a pair whose connection is cut at random
 * places, and checks that each stream came whole and in order, or not at all after it was cancelled.
 */
export class StreamHistory {
  readonly #chance: RandomPair;
  readonly #tanks: Readonly<Record<"client" | "server", Tank>>;
  /** The streams of each side, of which the first has the id 1. */
  readonly #sent = { client: [] as Sent[], server: [] as Sent[] };
  readonly #cancelled = new Set<Basin>();
  #events = 0;

  constructor(pair: RecoveryPair, dice: Dice, tanks: Readonly<Record<"client" | "server", Tank>>) {
    this.#chance = new RandomPair(pair, dice);
    this.#tanks = tanks;
  }

  /** Play so many steps, then let the conversation come to rest with both sides reading. */
  play(steps: number): void {
    const { pair } = this.#chance;
    this.#chance.play(steps, (side, what) => this.#act(side, what));
    if (!pair.connected) pair.connect();
    for (let rest = 0; rest < 40; rest++) {
      pair.settle();
      for (const well of this.#wells) well.flow();
      for (const basin of this.#basins) {
        basin.reads = true;
        if (!this.#cancelled.has(basin)) basin.read();
      }
      pair.pass(150);
    }
  }

  /** Throws if a stream was not what it should be. */
  check(): void {
    for (const [index, { well, size }] of this.#sent.client.entries()) {
      this.#checkStream(this.#tanks.server, index + 1, well, size);
    }
    for (const [index, { well, size }] of this.#sent.server.entries()) {
      this.#checkStream(this.#tanks.client, index + 1, well, size);
    }
    const { client, server } = this.#chance.pair;
    for (const side of [client, server]) {
      if (side.session?.phase !== "open") throw new Error(`${side.role}: the session is over`);
      if (side.session.openStreams > 0) throw new Error(`${side.role}: streams are left`);
      if (side.count("connected") !== 1) throw new Error(`${side.role}: another session`);
    }
    const arrived = [client, server].flatMap(({ events }) => events).filter(Number.isInteger);
    if (arrived.length !== this.#events) throw new Error("events were lost");
  }

  #checkStream({ basins }: Tank, id: number, well: Well, size: number): void {
    const basin = basins.find(({ stream }) => stream.id === id);
    if (basin === undefined) throw new Error(`stream ${id} has not come`);
    if (this.#cancelled.has(basin)) return;
    if (well.stopped !== undefined || !basin.stream.ended)
      throw new Error(`stream ${id} is cut off`);
    if (!Buffer.concat(basin.chunks as Buffer[]).equals(bytesOf(size))) {
      throw new Error(`stream ${id} of ${size} bytes is not as it was`);
    }
  }

  get #wells(): readonly Well[] {
    return [...this.#sent.client, ...this.#sent.server].map(({ well }) => well);
  }

  get #basins(): readonly Basin[] {
    return [...this.#tanks.client.basins, ...this.#tanks.server.basins];
  }

  #act(side: Side, what: number): void {
    switch (what) {
      case 0:
        side.session?.emit("e", ++this.#events);
        break;
      case 1:
        this.#send(side);
        break;
      case 2:
      case 3:
        this.#read(side);
        break;
      case 4:
        this.#cancel(side);
        break;
      case 5:
        for (const well of this.#wells) well.flow();
        break;
      default:
        this.#chance.pair.arrive(side.role, this.#roll(2) === 0 ? Infinity : this.#roll(3_000));
    }
  }

  #send(side: Side): void {
    const size = this.#roll(5) === 0 ? 0 : this.#roll(20_000);
    const bytes = bytesOf(size);
    const chunks: Buffer[] = [];
    for (let at = 0; at < size;) {
      const length = 1 + this.#roll(8_000);
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    const well = new Well(chunks);
    well.dry = this.#roll(2) === 0;
    this.#sent[side.role].push({ well, size });
    side.session?.emit("s", [well]);
  }

  #read(side: Side): void {
    const { basins } = this.#tanks[side.role];
    const basin = basins[this.#roll(basins.length)];
    if (basin === undefined || this.#cancelled.has(basin)) return;
    basin.reads = this.#roll(2) === 0;
    basin.read(1 + this.#roll(3));
  }

  #cancel(side: Side): void {
    const { basins } = this.#tanks[side.role];
    const basin = basins[this.#roll(basins.length)];
    if (basin === undefined || this.#roll(4) > 0) return;
    this.#cancelled.add(basin);
    basin.stream.cancel();
  }

  #roll(sides: number): number {
    return this.#chance.roll(sides);
  }
}

function bytesOf(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, at) => (at * size) % 251));
}
