/** The events received but not yet delivered, in order; parallel arrays, so that an event costs no object. */
export class Inbox {
  #names: string[] = [];
  #values: unknown[] = [];
  #next = 0;

  /** Events that wait. */
  get size(): number {
    return this.#names.length - this.#next;
  }

  /** Queue one event. */
  push(name: string, value: unknown): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /**
   * Hand the events to a listener, oldest first, until none is left or `stopped` says so. An event
   * is consumed before its listener runs.
   */
  deliver(listener: { handleEvent(name: string, value: unknown): void }): void {
    while (this.#next < this.#names.length) {
      const index = this.#next++;
      const name = this.#names[index] ?? "";
      const value = this.#values[index];
      this.#values[index] = undefined;
      listener.handleEvent(name, value);
    }
    this.clear();
  }

  /** Forget everything; a running `deliver` ends after its present event. */
  clear(): void {
    if (this.#names.length > 0) {
      this.#names = [];
      this.#values = [];
    }
    this.#next = 0;
  }
}
