import { hear } from "./hear.ts";
import type { IPCSocket } from "../src/index.ts";

/** An honest client that asks for one echo after another, to see whether the server still serves. */
export class RoundTrips {
  readonly #socket: IPCSocket;
  readonly #done: Promise<void>;
  #going = true;
  #count = 0;
  #slowest = 0;

  constructor(socket: IPCSocket) {
    this.#socket = socket;
    this.#done = this.#run();
  }

  /** End, and answer how many there were and how many milliseconds the slowest took. */
  async stop(): Promise<{ readonly count: number; readonly slowest: number }> {
    this.#going = false;
    await this.#done;
    return { count: this.#count, slowest: this.#slowest };
  }

  async #run(): Promise<void> {
    while (this.#going) {
      const began = performance.now();
      const echo = hear(this.#socket, "echo");
      this.#socket.emit("echo", this.#count);
      if ((await echo) !== this.#count) throw new Error("An echo came back changed.");
      this.#count += 1;
      this.#slowest = Math.max(this.#slowest, performance.now() - began);
    }
  }
}
