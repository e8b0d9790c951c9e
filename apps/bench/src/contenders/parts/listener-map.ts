/** A map with one listener for each event: for carriers whose messages have no names. */
export class ListenerMap<Extra extends unknown[]> {
  readonly #listeners = new Map<string, (data: unknown, ...extra: Extra) => void>();

  on(event: string, listener: (data: unknown, ...extra: Extra) => void): void {
    this.#listeners.set(event, listener);
  }

  deliver(event: string, data: unknown, ...extra: Extra): void {
    this.#listeners.get(event)?.(data, ...extra);
  }

  [Symbol.iterator](): MapIterator<[string, (data: unknown, ...extra: Extra) => void]> {
    return this.#listeners.entries();
  }
}

/** An event as a message of a carrier that has only messages. */
export interface NamedMessage {
  event: string;
  data: unknown;
}
