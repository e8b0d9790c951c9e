/** Entries that were removed after which a map is renewed, if fewer are left in it. */
const renewedAfter = 1024;

/**
 * A map whose entries come and go, such as calls by their ids.
 *
 * V8 rebuilds the table of a `Map` again and again as entries go, and each former table keeps the next
 * one alive. Once such a table has been moved to the old generation of the heap, as after an idle second,
 * all that follow are: each minor collection keeps what was ever in them, with all that it refers to.
 * With 64 calls in flight that was 20 % of the processor time of a server and 30 % of a client's
 * (`calls` of the benchmark). A new map breaks the chain.
 */
export class RollingMap<K, V> {
  #map = new Map<K, V>();
  #removed = 0;

  get size(): number {
    return this.#map.size;
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  set(key: K, value: V): void {
    this.#map.set(key, value);
  }

  /** Remove an entry. False if there is none. */
  delete(key: K): boolean {
    if (!this.#map.delete(key)) return false;
    if (++this.#removed >= renewedAfter && this.#removed >= this.#map.size) this.#renew();
    return true;
  }

  /** The entries at this moment, oldest first. */
  entries(): readonly (readonly [key: K, value: V])[] {
    return [...this.#map];
  }

  /** The values at this moment, oldest first. */
  values(): readonly V[] {
    return [...this.#map.values()];
  }

  #renew(): void {
    this.#map = new Map(this.#map);
    this.#removed = 0;
  }
}
