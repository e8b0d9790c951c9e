import type { ServerPeer } from "../server/server-peer.ts";

/**
 * How many calls of other clients each client has running at once: half of `maxCalls`, so that they
 * cannot take all the places that the server's own calls need there.
 */
export class CallRoom {
  readonly #most: number;
  readonly #running = new WeakMap<ServerPeer, number>();

  constructor(maxCalls: number) {
    this.#most = Math.ceil(maxCalls / 2);
  }

  /** Take a place at a client; false if there is none. */
  enter(to: ServerPeer): boolean {
    const running = this.#running.get(to) ?? 0;
    if (running >= this.#most) return false;
    this.#running.set(to, running + 1);
    return true;
  }

  /** Give a place back. */
  leave(to: ServerPeer): void {
    this.#running.set(to, (this.#running.get(to) ?? 1) - 1);
  }
}
