import type { IPCSocket } from "ipc-eventer";
import { isWhole, type Numbered } from "./numbered.ts";
import { answerTo, type Talk } from "./talker.ts";

/** Hears the numbered messages of the other side: each must come once, whole, and in its lane's order. */
export class Listener {
  readonly #expected = new Map<number, number>();
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
    const { lane, number } = message;
    const expected = this.#expected.get(lane) ?? 0;
    if (number !== expected) {
      const what = number < expected ? "doubled or late" : "ahead of what is missing";
      this.#fault(`lane ${lane}: ${number} is ${what}, ${expected} was next`);
    }
    this.#expected.set(lane, Math.max(expected, number + 1));
    if (!isWhole(message)) this.#fault(`lane ${lane}: ${number} is not whole`);
  }
}
