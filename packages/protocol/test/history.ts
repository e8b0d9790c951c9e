import type { RecoveryPair, Side } from "./recovery-pair.ts";

/** A sequence of numbers below 1 that is the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One numbered message, with some ballast. */
interface Numbered {
  readonly lane: number;
  readonly number: number;
  readonly ballast: string;
}

/** What one side has sent, and what it knows of it. */
class Record {
  /** Messages emitted on each lane. */
  readonly emitted: number[] = [0, 0, 0];
  readonly invoked: { readonly number: number; answered: number }[] = [];
  /** For each flush, how many messages were emitted before it on each lane. */
  readonly flushes = new Map<object, readonly number[]>();
}

/**
 * Plays one random conversation over a pair whose connection is cut at random places, and checks that
 * both sides saw each message exactly once and in the order of its lane, and each call answered once.
 */
export class History {
  readonly #pair: RecoveryPair;
  readonly #random: () => number;
  readonly #records = { client: new Record(), server: new Record() };

  constructor(pair: RecoveryPair, random: () => number) {
    this.#pair = pair;
    this.#random = random;
  }

  /** Play so many steps, then let the conversation come to rest. */
  play(steps: number): void {
    const { client, server } = this.#pair;
    for (const side of [client, server]) this.#watch(side);
    this.#pair.connect();
    for (let step = 0; step < steps; step++) this.#step();
    for (const side of [client, server]) if (side.blocked) side.drain();
    if (!this.#pair.connected) this.#pair.connect();
    this.#pair.settle();
    this.#pair.pass(1_000);
  }

  /** Throws if anything was lost, doubled or out of order. */
  check(): void {
    const { client, server } = this.#pair;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#checkEvents(from, to);
      this.#checkCalls(from, to);
      if (to.count("connected") !== 1) throw new Error(`${to.role}: another session`);
    }
  }

  #watch(side: Side): void {
    const record = this.#records[side.role];
    const peer = side.role === "client" ? this.#pair.server : this.#pair.client;
    side.onSeen = ([kind, first, second]) => {
      if (kind === "flushed") this.#checkFlush(record.flushes.get(first), second, peer);
    };
  }

  #step(): void {
    const pair = this.#pair;
    const side = this.#roll(2) === 0 ? pair.client : pair.server;
    switch (this.#roll(12)) {
      case 0:
        pair.cut();
        break;
      case 1:
      case 2:
        if (!pair.connected) pair.dial();
        break;
      case 3:
        pair.pass(this.#roll(200));
        break;
      case 4:
        if (pair.connected) side.blocked = true;
        break;
      case 5:
        if (side.blocked) side.drain();
        break;
      case 6:
        this.#flush(side);
        break;
      case 7:
        this.#invoke(side);
        break;
      case 8:
      case 9:
        for (let count = this.#roll(20); count >= 0; count--) this.#emit(side);
        if (this.#roll(2) === 0) side.pump();
        break;
      default:
        pair.arrive(side.role, this.#roll(3) === 0 ? Infinity : this.#roll(200));
    }
  }

  #emit(side: Side): void {
    const lane = Math.max(0, this.#roll(6) - 3);
    const record = this.#records[side.role];
    const number = (record.emitted[lane] ?? 0) + 1;
    const ballast = "x".repeat(this.#roll(10) === 0 ? this.#roll(2_000) : this.#roll(20));
    const data: Numbered = { lane, number, ballast };
    record.emitted[lane] = number;
    if (lane === 0) side.session?.emit("e", data);
    else side.session?.emitWith("e", data, { lane }, this.#pair.now);
  }

  #invoke(side: Side): void {
    const { invoked } = this.#records[side.role];
    const entry = { number: invoked.length, answered: 0 };
    invoked.push(entry);
    const call = { event: String(entry.number) };
    side.session?.calls.invoke("c", entry.number, call, 0, this.#pair.now, this.#roll(2));
  }

  #flush(side: Side): void {
    const mark = {};
    const { emitted, flushes } = this.#records[side.role];
    flushes.set(mark, [...emitted]);
    side.session?.flush(mark);
  }

  #checkFlush(emitted: readonly number[] | undefined, error: unknown, peer: Side): void {
    if (error !== undefined) throw new Error("a flush failed", { cause: error });
    for (const [lane, count] of (emitted ?? []).entries()) {
      const arrived = (peer.events as Numbered[]).filter((one) => one.lane === lane).length;
      if (arrived < count) throw new Error(`flushed ${count} on lane ${lane}, arrived ${arrived}`);
    }
  }

  #checkEvents(from: Side, to: Side): void {
    const { emitted } = this.#records[from.role];
    const arrived = [0, 0, 0];
    for (const { lane, number } of to.events as Numbered[]) {
      const expected = (arrived[lane] ?? 0) + 1;
      if (number !== expected) {
        throw new Error(`${to.role}: ${number} instead of ${expected} on lane ${lane}`);
      }
      arrived[lane] = number;
    }
    if (String(arrived) !== String(emitted)) {
      throw new Error(`${to.role}: ${String(arrived)} of ${String(emitted)} have come`);
    }
  }

  #checkCalls(from: Side, to: Side): void {
    const { invoked } = this.#records[from.role];
    const ran = to.seen.flatMap((one) => (one[0] === "call" ? [one[2] as number] : []));
    const answered = from.seen.flatMap((one) => (one[0] === "reply" ? [one] : []));
    const numbers = invoked.map(({ number }) => number);
    if (String(ran.toSorted((a, b) => a - b)) !== String(numbers)) {
      throw new Error(`${to.role}: ran ${String(ran)} of ${String(numbers)}`);
    }
    for (const [, event, reply] of answered) {
      if (reply.type !== "data" || String(reply.data) !== event) throw new Error(`reply ${event}`);
    }
    if (answered.length !== numbers.length) throw new Error(`${answered.length} replies`);
  }

  #roll(sides: number): number {
    return Math.floor(this.#random() * sides);
  }
}
