/** Empty places at the head beyond which a queue is made shorter. */
const slack = 64;

/** A queue, first in first out. Both ends cost constant time however many wait; `Array.shift` moves all of them. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** The number of those that wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The next one to be taken out. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** The one that was put in last. */
  get last(): T | undefined {
    return this.size === 0 ? undefined : this.#items[this.#items.length - 1];
  }

  /** Put one in. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Take the next one out; `undefined` if none waits. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.clear();
    } else if (this.#head > slack && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Replace the next one. */
  replaceFirst(item: T): void {
    if (this.size > 0) this.#items[this.#head] = item;
  }

  /** Forget all. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
