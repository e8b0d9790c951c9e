import { Ledger, type Numbered } from "./ledger.ts";
import type { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";

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

/**
 * Plays one random conversation over a pair whose connection is cut at random places, and checks that
 * both sides saw each message at most once and in the order of its lane, all that were not dropped
 * with a report, and each call answered once.
 */
export class History {
  readonly #pair: RecoveryPair;
  readonly #random: () => number;
  /** False if events may be dropped because the queue is full. */
  readonly #isSure: boolean;
  readonly #ledgers = { client: new Ledger(), server: new Ledger() };
  /** Calls of the peer that wait for an answer. */
  readonly #open = { client: new Map<number, unknown>(), server: new Map<number, unknown>() };

  constructor(pair: RecoveryPair, random: () => number, isSure = true) {
    this.#pair = pair;
    this.#random = random;
    this.#isSure = isSure;
  }

  /** Play so many steps, then let the conversation come to rest. */
  play(steps: number): void {
    const pair = this.#pair;
    for (const side of [pair.client, pair.server]) this.#watch(side);
    pair.connect();
    for (let step = 0; step < steps; step++) this.#step();
    for (const side of [pair.client, pair.server]) {
      side.held = false;
      if (side.blocked) side.drain();
      this.#answerAll(side);
    }
    if (!pair.connected) pair.connect();
    pair.settle();
    for (const side of [pair.client, pair.server]) this.#answerAll(side);
    pair.settle();
    pair.pass(1_000);
  }

  /** Throws if anything was lost, doubled or out of order. */
  check(): void {
    const { client, server } = this.#pair;
    this.#ledgers.client.check(client, server, this.#isSure);
    this.#ledgers.server.check(server, client, this.#isSure);
    for (const side of [client, server]) {
      if (side.count("connected") !== 1) throw new Error(`${side.role}: another session`);
      if (side.session?.phase !== "open") throw new Error(`${side.role}: the session is over`);
    }
  }

  #watch(side: Side): void {
    const ledger = this.#ledgers[side.role];
    const { client, server } = this.#pair;
    const peer = side === client ? server : client;
    side.onSeen = (seen) => {
      if (seen[0] === "flushed") ledger.checkFlush(seen[1], seen[2], peer, this.#isSure);
      if (seen[0] === "cancel") this.#open[side.role].delete(seen[1]);
    };
    side.answer = (data, id) => {
      if (this.#roll(2) === 0) return data;
      this.#open[side.role].set(id, data);
      return undefined;
    };
  }

  #answerAll(side: Side): void {
    for (const [id, data] of this.#open[side.role]) side.reply(id, data);
    this.#open[side.role].clear();
    side.pump();
  }

  #step(): void {
    const pair = this.#pair;
    const side = this.#roll(2) === 0 ? pair.client : pair.server;
    switch (this.#roll(16)) {
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
        this.#cancel(side);
        break;
      case 9:
        this.#answerAll(side);
        break;
      case 10:
        side.held = !side.held;
        side.pump();
        break;
      case 11:
      case 12:
        for (let count = this.#roll(20); count >= 0; count--) this.#emit(side);
        if (this.#roll(2) === 0) side.pump();
        break;
      default:
        pair.arrive(side.role, this.#chunkSize());
    }
  }

  #emit(side: Side): void {
    const { session } = side;
    const lane = Math.max(0, this.#roll(6) - 3);
    const style = this.#roll(12);
    const kind = style === 0 ? "loose" : style === 1 ? "conflated" : "sure";
    const number = this.#ledgers[side.role].emit(lane, kind);
    const data: Numbered = { lane, number, ballast: "x".repeat(this.#ballast()) };
    if (lane === 0 && kind === "sure") {
      session?.emit("e", data);
      return;
    }
    const ttl = kind === "loose" ? this.#roll(100) : undefined;
    const conflate = kind === "conflated" ? "key" : undefined;
    session?.emitWith("e", data, { lane, ttl, conflate }, this.#pair.now);
  }

  #invoke(side: Side): void {
    const ledger = this.#ledgers[side.role];
    const call = { event: String(ledger.calls) };
    const answer = side.session?.calls.invoke(
      "c",
      ledger.calls,
      call,
      0,
      this.#pair.now,
      this.#roll(2),
    );
    ledger.invoke(answer ?? new Error("no session"));
  }

  #cancel(side: Side): void {
    const call = this.#ledgers[side.role].lastCall;
    if (call?.fate === "waits" && side.session?.calls.cancel(call.id) === true) {
      call.fate = "cancelled";
    }
  }

  #flush(side: Side): void {
    const mark = {};
    this.#ledgers[side.role].flush(mark);
    side.session?.flush(mark);
  }

  /** Mostly little, sometimes much, and now and then more than what goes without fragments. */
  #ballast(): number {
    const size = this.#roll(400);
    if (size === 0) return 262_144 + this.#roll(100_000);
    return size < 40 ? this.#roll(2_000) : this.#roll(20);
  }

  #chunkSize(): number {
    const size = this.#roll(6);
    if (size < 2) return Infinity;
    return size === 2 ? this.#roll(100_000) : this.#roll(200);
  }

  #roll(sides: number): number {
    return Math.floor(this.#random() * sides);
  }
}
