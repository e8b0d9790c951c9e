import { encodeAck } from "../wire/control.ts";

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

/**
 * Counts what has come from the peer, and decides when to tell it.
 *
 * A message is received when its listeners have returned: when everything that came was delivered,
 * `confirm` is called. On a new connection the peer repeats what it was not told of; messages that
 * had come already are known by their numbers and not admitted. What the peer has not repeated yet
 * is not acknowledged either, since it counts anew.
 */
export class Acks {
  /** The number of the last message that has come on the present connection. */
  #arrived = 0;
  /** The number of the last message that was taken, on whichever connection. */
  #admitted = 0;
  /** The number of the last message whose listeners have returned. */
  #confirmed = 0;
  /** The number of the last message of which the peer was told on the present connection. */
  #told = 0;
  #bytes = 0;
  /** The instant at which an acknowledgement is due; Infinity if there is nothing to acknowledge. */
  deadline: number = Infinity;
  #wanted = false;
  #enabled = false;

  /** The peer understands acknowledgements. */
  enable(): void {
    this.#enabled = true;
  }

  /** True if the peer does not know yet of all that has come. */
  get open(): boolean {
    return this.#enabled && this.#arrived > this.#told;
  }

  /** A message has come. False if it is one that had come before. */
  admit(): boolean {
    const number = ++this.#arrived;
    if (number <= this.#admitted) return false;
    this.#admitted = number;
    return true;
  }

  /** A chunk of so many bytes has been read. */
  read(bytes: number, now: number): void {
    if (!this.open) return;
    this.#bytes += bytes;
    if (this.deadline === Infinity) this.deadline = now + dueAfter;
  }

  /** Messages that have come. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Messages received, to be stated when a connection begins. */
  get received(): number {
    return this.#confirmed;
  }

  /** The listeners of everything that came have returned. */
  confirm(): void {
    this.#confirmed = this.#admitted;
  }

  /** Take back what came and was not delivered: it never will be, so it was not received, and nothing more comes. */
  forfeit(): void {
    this.#admitted = this.#confirmed;
    this.#arrived = Math.min(this.#arrived, this.#confirmed);
  }

  /** The peer waits for an acknowledgement. */
  want(): void {
    this.#wanted = true;
  }

  /** The time has come, if it has. */
  expire(now: number): void {
    if (now < this.deadline) return;
    this.deadline = Infinity;
    this.#wanted = true;
  }

  /**
   * The line of the acknowledgement that should leave now, if one should: it may go along with what `writer` has
   * to write.
   */
  take(writer: { readonly empty: boolean }): string | undefined {
    const count = this.#arrived - this.#told;
    if (count <= 0 || !this.#enabled || this.#confirmed < this.#admitted) return undefined;
    const isDue = this.#wanted || count >= dueFrom || this.#bytes >= dueFromBytes;
    const isCheap = count >= cheapFrom || this.#bytes >= cheapFromBytes;
    return isDue || (isCheap && !writer.empty) ? this.#line() : undefined;
  }

  /** The last acknowledgement of all, if there is something the peer does not know. */
  takeLast(): string | undefined {
    return this.open ? this.#line() : undefined;
  }

  /** A new connection continues from so many that were stated. */
  resume(received: number): void {
    this.#arrived = received;
    this.#told = received;
    this.#settle();
  }

  #line(): string {
    this.#told = Math.min(this.#confirmed, this.#arrived);
    this.#settle();
    return encodeAck(this.#told);
  }

  #settle(): void {
    this.#bytes = 0;
    this.deadline = Infinity;
    this.#wanted = false;
  }
}
