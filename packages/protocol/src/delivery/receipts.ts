import { encodeAck } from "../control.ts";

/** Messages from which on an acknowledgement goes along with whatever is written. */
const cheapFrom = 32;

/** Messages from which on an acknowledgement is written for its own sake. */
const dueFrom = 1024;

/** Bytes read from which on an acknowledgement is written for its own sake. */
const dueFromBytes: number = 256 * 1024;

/** Milliseconds that a received message waits for its acknowledgement at most. */
const dueAfter = 100;

/**
 * Counts what has come from the peer on each lane, and decides when to tell it.
 *
 * A message is received when its listeners have returned: when everything that came was delivered,
 * `confirm` is called. After a new connection the peer may repeat what had come already; those
 * messages are told apart by their numbers and not admitted.
 */
export class Receipts {
  #admitted: number[] = [0];
  #confirmed: number[] = [0];
  #told: number[] = [0];
  /** What had come before the present connection. */
  #known: number[] = [0];
  /** Messages not acknowledged, in all lanes. */
  #open = 0;
  #bytes = 0;
  #dueAt = Infinity;
  #wanted = false;
  #unconfirmed = false;
  #enabled = false;

  /** The instant at which an acknowledgement is due; Infinity if there is nothing to acknowledge. */
  get deadline(): number {
    return this.#dueAt;
  }

  /** The peer understands acknowledgements. */
  enable(): void {
    this.#enabled = true;
  }

  /** True if the peer does not know yet of all that has come. */
  get open(): boolean {
    return this.#enabled && this.#open > 0;
  }

  /** A message has come on a lane. False if it is one that had come before. */
  admit(lane: number): boolean {
    const number = (this.#admitted[lane] ?? 0) + 1;
    this.#admitted[lane] = number;
    if (number <= (this.#known[lane] ?? 0)) return false;
    this.#open++;
    this.#unconfirmed = true;
    return true;
  }

  /** Make room for a lane that is used for the first time, so that the counts stay dense. */
  use(lane: number): void {
    for (let next = this.#admitted.length; next <= lane; next++) {
      this.#admitted.push(0);
      this.#confirmed.push(0);
      this.#told.push(0);
      this.#known.push(0);
    }
  }

  /** A chunk of so many bytes has been read. */
  read(bytes: number, now: number): void {
    if (this.#open === 0 || !this.#enabled) return;
    this.#bytes += bytes;
    if (this.#dueAt === Infinity) this.#dueAt = now + dueAfter;
  }

  /** The listeners of everything that came have returned. */
  confirm(): void {
    if (!this.#unconfirmed) return;
    this.#unconfirmed = false;
    for (let lane = 0; lane < this.#admitted.length; lane++) {
      const [admitted = 0, known = 0] = [this.#admitted[lane], this.#known[lane]];
      this.#confirmed[lane] = Math.max(admitted, known);
    }
  }

  /** The peer waits for an acknowledgement, or its time has come. */
  want(): void {
    this.#wanted = true;
  }

  /** The time has come, if it has. */
  expire(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = Infinity;
    this.#wanted = true;
  }

  /** The line of the acknowledgement that should leave now, if one should. `along` is true if something leaves anyway. */
  take(along: boolean): string | undefined {
    if (!this.open || this.#unconfirmed) return undefined;
    const due =
      this.#wanted ||
      this.#open >= dueFrom ||
      this.#bytes >= dueFromBytes ||
      (along && this.#open >= cheapFrom);
    return due ? this.#line() : undefined;
  }

  /** The last acknowledgement of all, if there is something the peer does not know. */
  takeLast(): string | undefined {
    return this.open ? this.#line() : undefined;
  }

  /** What was received on each lane, to be said when a connection begins. */
  counts(): readonly number[] {
    return [...this.#confirmed];
  }

  /** A new connection continues from what was said with `counts`. */
  resume(counts: readonly number[]): void {
    for (let lane = 0; lane < this.#admitted.length; lane++) {
      this.#known[lane] = Math.max(this.#admitted[lane] ?? 0, this.#known[lane] ?? 0);
      this.#admitted[lane] = counts[lane] ?? 0;
      this.#told[lane] = counts[lane] ?? 0;
    }
    this.#open = 0;
    for (let lane = 0; lane < this.#known.length; lane++) {
      this.#open += (this.#known[lane] ?? 0) - (this.#told[lane] ?? 0);
    }
    this.#bytes = 0;
    this.#wanted = this.#open > 0;
  }

  #line(): string {
    this.#told = [...this.#confirmed];
    this.#open = 0;
    for (let lane = 0; lane < this.#admitted.length; lane++) {
      const [admitted = 0, known = 0] = [this.#admitted[lane], this.#known[lane]];
      this.#open += Math.max(admitted, known) - (this.#told[lane] ?? 0);
    }
    this.#bytes = 0;
    this.#dueAt = Infinity;
    this.#wanted = false;
    return encodeAck(this.#told);
  }
}
