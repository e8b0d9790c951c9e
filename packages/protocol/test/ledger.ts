import type { Reply } from "../src/index.ts";
import type { Side } from "./recovery-side.ts";

/** One numbered event, with some ballast. */
export interface Numbered {
  readonly number: number;
  readonly ballast: string;
}

interface Entry {
  readonly number: number;
  /** The ways in which it may fail to arrive: none, by time or policy, or because a newer one took its place. */
  readonly kind: "sure" | "loose" | "conflated";
}

interface Invocation {
  readonly id: number;
  fate: "waits" | "cancelled" | "refused";
}

/** The messages that one side has sent, and which of them must have come. */
export class Ledger {
  readonly #emitted: Entry[] = [];
  #number = 0;
  readonly #invoked: Invocation[] = [];
  /** For each flush, how many events were emitted before it. */
  readonly #flushes = new Map<object, number>();
  /** The last conflated event, which none has replaced. */
  #newest: Entry | undefined;

  #flushed = 0;

  get lastCall(): Invocation | undefined {
    return this.#invoked.at(-1);
  }

  get calls(): number {
    return this.#invoked.length;
  }

  /** The number of the next event. */
  emit(kind: Entry["kind"]): number {
    const entry = { number: ++this.#number, kind };
    this.#emitted.push(entry);
    if (kind === "conflated") this.#newest = entry;
    return entry.number;
  }

  invoke(answer: number | Error): void {
    const refused = typeof answer !== "number";
    this.#invoked.push({ id: refused ? 0 : answer, fate: refused ? "refused" : "waits" });
  }

  flush(mark: object): void {
    this.#flushes.set(mark, this.#emitted.length);
  }

  /** A flush has come back: the peer has seen all that was emitted before it and must arrive. */
  checkFlush(mark: object, error: unknown, peer: Side, isSure: boolean): void {
    if (error !== undefined) throw new Error("a flush failed", { cause: error });
    this.#flushed++;
    if (isSure) this.#checkArrived(this.#emitted.slice(0, this.#flushes.get(mark)), peer);
  }

  /** Throws if anything was lost without a word, doubled or out of order. */
  check(from: Side, to: Side, isSure: boolean): void {
    this.#checkOrder(to);
    if (this.#flushed < this.#flushes.size) throw new Error(`${from.role}: a flush has no end`);
    if (isSure) {
      this.#checkArrived(this.#emitted, to);
      if (this.#newest !== undefined) this.#checkArrived([this.#newest], to, true);
    }
    this.#checkDrops(from, to);
    this.#checkCalls(from, to, isSure);
  }

  #checkOrder(to: Side): void {
    let last = 0;
    for (const { number } of to.events as Numbered[]) {
      if (number <= last) throw new Error(`${to.role}: ${number} behind ${last}`);
      last = number;
    }
  }

  #checkArrived(entries: readonly Entry[], to: Side, all = false): void {
    const arrived = new Set((to.events as Numbered[]).map(({ number }) => number));
    for (const entry of entries) {
      if ((all || entry.kind === "sure") && !arrived.has(entry.number)) {
        throw new Error(`${to.role}: ${entry.number} has not come`);
      }
    }
  }

  // Dropped events are reported, neither more nor less; replaced ones are not.
  #checkDrops(from: Side, to: Side): void {
    const arrived = new Set((to.events as Numbered[]).map(({ number }) => number));
    const missing = this.#emitted.filter((entry) => !arrived.has(entry.number));
    const unreplaced = missing.filter(({ kind }) => kind !== "conflated");
    if (from.dropped < unreplaced.length || from.dropped > missing.length) {
      throw new Error(`${from.role}: ${from.dropped} dropped, ${unreplaced.length} missing`);
    }
  }

  #checkCalls(from: Side, to: Side, isSure: boolean): void {
    const ran = to.seen.flatMap((one) => (one[0] === "call" ? [one[2] as number] : []));
    if (new Set(ran).size < ran.length) throw new Error(`${to.role}: a call ran twice`);
    const outcomes = new Map<string, Reply[]>();
    for (const one of from.seen) {
      if (one[0] === "reply") outcomes.set(one[1], [...(outcomes.get(one[1]) ?? []), one[2]]);
    }
    for (const [number, { fate }] of this.#invoked.entries()) {
      const replies = outcomes.get(String(number)) ?? [];
      if (replies.length !== (fate === "waits" ? 1 : 0)) {
        throw new Error(`${from.role}: call ${number} ${fate}, ${replies.length} outcomes`);
      }
      for (const reply of replies) checkReply(reply, number, isSure);
      if (fate === "waits" && !ran.includes(number)) throw new Error(`call ${number} never ran`);
    }
  }
}

function checkReply(reply: Reply, number: number, isSure: boolean): void {
  if (reply.type === "data" ? reply.data === number : !isSure) return;
  throw new Error(`call ${number} has a wrong reply`);
}
