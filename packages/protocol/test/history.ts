import { Ledger, type Numbered } from "./ledger.ts";
import type { Dice } from "./dice.ts";
import { RandomPair } from "./random-pair.ts";
import type { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";

/**
 * Plays one random conversation over a pair whose connection is cut at random places, and checks that
 * both sides saw each message at most once and in order, all that were not dropped
 * with a report, and each call answered once.
 */
export class History {
  readonly #chance: RandomPair;
  /** False if events may be dropped because the queue is full. */
  readonly #isSure: boolean;
  /** True if sides begin to leave, and stay after all because the connection is cut. */
  readonly #leaves: boolean;
  readonly #ledgers = { client: new Ledger(), server: new Ledger() };
  /** Calls of the peer that wait for an answer. */
  readonly #open = { client: new Map<number, unknown>(), server: new Map<number, unknown>() };

  constructor(pair: RecoveryPair, dice: Dice, isSure = true, leaves = false) {
    this.#chance = new RandomPair(pair, dice);
    this.#isSure = isSure;
    this.#leaves = leaves;
  }

  /** Play so many steps, then let the conversation come to rest. */
  play(steps: number): void {
    const { pair, sides } = this.#chance;
    for (const side of sides) this.#watch(side);
    this.#chance.play(steps, (side, what) => this.#act(side, what));
    for (const side of sides) this.#answerAll(side);
    if (this.#leaves) pair.cut();
    if (!pair.connected) pair.connect();
    pair.settle();
    for (const side of sides) this.#answerAll(side);
    pair.settle();
    pair.pass(1_000);
  }

  /** Throws if anything was lost, doubled or out of order. */
  check(): void {
    const { client, server } = this.#chance.pair;
    this.#ledgers.client.check(client, server, this.#isSure);
    this.#ledgers.server.check(server, client, this.#isSure);
    for (const side of [client, server]) {
      if (side.count("connected") !== 1) throw new Error(`${side.role}: another session`);
      if (side.session?.phase !== "open") throw new Error(`${side.role}: the session is over`);
    }
  }

  #watch(side: Side): void {
    const ledger = this.#ledgers[side.role];
    const { client, server } = this.#chance.pair;
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

  #act(side: Side, what: number): void {
    if (this.#leaves && this.#roll(8) === 0) side.session?.leave(Infinity, this.#chance.pair.now);
    switch (what) {
      case 0:
        this.#flush(side);
        break;
      case 1:
        this.#invoke(side);
        break;
      case 2:
        this.#cancel(side);
        break;
      case 3:
        this.#answerAll(side);
        break;
      case 4:
      case 5:
        for (let count = this.#roll(20); count >= 0; count--) this.#emit(side);
        if (this.#roll(2) === 0) side.pump();
        break;
      default:
        this.#chance.pair.arrive(side.role, this.#chunkSize());
    }
  }

  #emit(side: Side): void {
    const { session } = side;
    const style = this.#roll(12);
    const kind = style === 0 ? "loose" : style === 1 ? "conflated" : "sure";
    const number = this.#ledgers[side.role].emit(kind);
    const data: Numbered = { number, ballast: "x".repeat(this.#ballast()) };
    if (kind === "sure") {
      session?.emit("e", data);
      return;
    }
    const ttl = kind === "loose" ? this.#roll(100) : undefined;
    const conflate = kind === "conflated" ? "key" : undefined;
    session?.emitWith("e", data, { ttl, conflate }, this.#chance.pair.now);
  }

  #invoke(side: Side): void {
    const ledger = this.#ledgers[side.role];
    const call = { event: String(ledger.calls) };
    const answer = side.session?.calls.invoke("c", ledger.calls, call, 0, this.#chance.pair.now);
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

  /** Mostly little, sometimes much, and now and then more than one write holds. */
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
    return this.#chance.roll(sides);
  }
}
