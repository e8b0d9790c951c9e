import type { IPCSocket } from "ipc-eventer";
import { isWhole, type Numbered } from "./numbered.ts";
import { answerTo, type Talk } from "./talker.ts";

/** Hears the numbered messages of the other side: each must come once, whole, and in order. */
export class Listener {
  #expected = 0;
  readonly #fault: (sentence: string) => void;
  /** Events and calls heard. */
  heard = 0;
  /** Handlers run. */
  runs = 0;

  constructor(socket: IPCSocket<Talk, Talk>, fault: (sentence: string) => void) {
    this.#fault = fault;
    socket.on("note", (message) => this.#hear(message));
    socket.handle("ask", (message) => {
      this.runs++;
      this.#hear(message);
      return answerTo(message);
    });
  }

  #hear(message: Numbered): void {
    this.heard++;
    const { number } = message;
    const expected = this.#expected;
    if (number !== expected) {
      const what = number < expected ? "doubled or late" : "ahead of what is missing";
      this.#fault(`${number} is ${what}, ${expected} was next`);
    }
    this.#expected = Math.max(expected, number + 1);
    if (!isWhole(message)) this.#fault(`${number} is not whole`);
  }
}
