import { encodeAck } from "../messages/control.ts";

/** Messages from which on an acknowledgement goes along with whatever is written. */
const cheapFrom = 32;

/** Messages from which on an acknowledgement is written for its own sake. */
const dueFrom = 1024;

/** Bytes read from which on an acknowledgement goes along with whatever is written. */
const cheapFromBytes: number = 64 * 1024;

/** Bytes read from which on an acknowledgement is written for its own sake: each write wakes the peer. */
const dueFromBytes: number = 1024 * 1024;

/** Milliseconds that a received message waits for its acknowledgement at most. */
const dueAfter = 100;

/** The messages that have come on one lane, each as the number of the last one. */
interface LaneReceipts {
  /** That has come on the present connection. */
  arrived: number;
  /** That was taken, on whichever connection. */
  admitted: number;
  /** Whose listeners have returned. */
  confirmed: number;
  /** Of which the peer was told on the present connection. */
  told: number;
}

/**
 * Counts what has come from the peer on each lane, and decides when to tell it.
 *
 * A message is received when its listeners have returned: when everything that came was delivered,
 * `confirm` is called. On a new connection the peer repeats what it was not told of; messages that
 * had come already are known by their numbers and not admitted. What the peer has not repeated yet
 * is not acknowledged either, since it counts anew.
 */
export class Receipts {
  readonly #lanes: LaneReceipts[] = [none()];
  /** Messages that arrived on the present connection and were not acknowledged, on all lanes. */
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
  admit(index: number): boolean {
    const lane = this.#lanes[index] ?? this.#use(index);
    const number = ++lane.arrived;
    this.#open++;
    if (number <= lane.admitted) return false;
    lane.admitted = number;
    this.#unconfirmed = true;
    return true;
  }

  /** A chunk of so many bytes has been read. */
  read(bytes: number, now: number): void {
    if (!this.open) return;
    this.#bytes += bytes;
    if (this.#dueAt === Infinity) this.#dueAt = now + dueAfter;
  }

  /** Messages that have come, on all lanes. */
  get total(): number {
    let total = 0;
    for (const { admitted } of this.#lanes) total += admitted;
    return total;
  }

  /** The listeners of everything that came have returned. */
  confirm(): void {
    if (!this.#unconfirmed) return;
    this.#unconfirmed = false;
    for (const lane of this.#lanes) lane.confirmed = lane.admitted;
  }

  /** Take back what came and was not delivered: it never will be, so it was not received, and nothing more comes. */
  forfeit(): void {
    this.#unconfirmed = false;
    this.#open = 0;
    for (const lane of this.#lanes) {
      lane.admitted = lane.confirmed;
      lane.arrived = Math.min(lane.arrived, lane.confirmed);
      this.#open += lane.arrived - lane.told;
    }
  }

  /** The peer waits for an acknowledgement. */
  want(): void {
    this.#wanted = true;
  }

  /** The time has come, if it has. */
  expire(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = Infinity;
    this.#wanted = true;
  }

  /**
   * The line of the acknowledgement that should leave now, if one should. `along` is true if something leaves
   * anyway.
   */
  take(along: boolean): string | undefined {
    if (!this.open || this.#unconfirmed) return undefined;
    const due =
      this.#wanted ||
      this.#open >= dueFrom ||
      this.#bytes >= dueFromBytes ||
      (along && (this.#open >= cheapFrom || this.#bytes >= cheapFromBytes));
    return due ? this.#line() : undefined;
  }

  /** The last acknowledgement of all, if there is something the peer does not know. */
  takeLast(): string | undefined {
    return this.open ? this.#line() : undefined;
  }

  /** The number of messages received on each lane, to be stated when a connection begins. */
  counts(): readonly number[] {
    return this.#lanes.map(({ confirmed }) => confirmed);
  }

  /** A new connection continues from what was said with `counts`. */
  resume(counts: readonly number[]): void {
    for (const [index, lane] of this.#lanes.entries()) {
      lane.arrived = counts[index] ?? 0;
      lane.told = lane.arrived;
    }
    this.#open = 0;
    this.#settle();
  }

  #line(): string {
    this.#open = 0;
    for (const lane of this.#lanes) {
      lane.told = Math.min(lane.confirmed, lane.arrived);
      this.#open += lane.arrived - lane.told;
    }
    this.#settle();
    return encodeAck(this.#lanes.map(({ told }) => told));
  }

  #settle(): void {
    this.#bytes = 0;
    this.#dueAt = Infinity;
    this.#wanted = false;
  }

  /** A lane that is used for the first time, and those before it, so that the counts stay dense. */
  #use(index: number): LaneReceipts {
    let lane = none();
    while (this.#lanes.length <= index) this.#lanes.push((lane = none()));
    return lane;
  }
}

function none(): LaneReceipts {
  return { arrived: 0, admitted: 0, confirmed: 0, told: 0 };
}
