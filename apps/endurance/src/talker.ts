import { setImmediate as turn } from "node:timers/promises";
import type { IPCSocket } from "ipc-eventer";
import { type Numbered, numbered } from "./numbered.ts";

/** The events of the two sides of a numbered conversation. */
export interface Talk {
  note(message: Numbered): void;
  ask(message: Numbered): number;
}

/** Calls that wait for their answers at once. */
const callsAtOnce = 100;

/** Says numbered events and calls, as fast as the other side takes them. */
export class Talker {
  readonly #socket: IPCSocket<Talk, Talk>;
  readonly #random: () => number;
  readonly #calls = new Set<Promise<void>>();
  readonly #fault: (sentence: string) => void;
  /** Events and calls said. */
  said = 0;
  /** Calls said. */
  asked = 0;
  /** Calls answered. */
  answered = 0;

  constructor(
    socket: IPCSocket<Talk, Talk>,
    random: () => number,
    fault: (sentence: string) => void,
  ) {
    this.#socket = socket;
    this.#random = random;
    this.#fault = fault;
  }

  /** Say so many messages. Fulfilled when all was heard and answered. */
  async say(count: number): Promise<void> {
    const end = this.said + count;
    while (this.said < end) {
      const burst = Math.min(end - this.said, 1 + Math.floor(this.#random() * 200));
      let isRoom = true;
      for (let index = 0; index < burst; index++) isRoom = this.#sayOne() && isRoom;
      const room = isRoom ? turn() : this.#drained();
      if (this.#calls.size > callsAtOnce) await Promise.race(this.#calls);
      await room;
    }
    await Promise.all(this.#calls);
    await this.#socket.flush();
  }

  #sayOne(): boolean {
    const message = numbered(this.said++);
    if (this.#random() < 0.8) return this.#socket.emit("note", message);
    const call = this.#ask(message);
    this.#calls.add(call);
    void call.finally(() => this.#calls.delete(call));
    return true;
  }

  async #ask(message: Numbered): Promise<void> {
    this.asked++;
    try {
      const answer = await this.#socket.invoke("ask", message, { timeout: 0 });
      this.answered++;
      if (answer !== answerTo(message)) this.#fault(`call ${message.number}: ${answer}`);
    } catch (error) {
      this.#fault(`call ${message.number}: ${String(error)}`);
    }
  }

  #drained(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#socket.once("drain", () => resolve());
    });
  }
}

/** The answer that a call is to get. */
export function answerTo({ number }: Numbered): number {
  return number + 1;
}
