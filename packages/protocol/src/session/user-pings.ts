import { ProtocolError } from "../error.ts";
import { Queue } from "../queue.ts";

/**
 * Pings of the application that may be on their way at once: an application that sends more does not read the
 * answers.
 */
const maxOnTheirWay = 1024;

/** The pings that the application sent and the peer has not answered, oldest first. */
export class UserPings {
  readonly #times = new Queue<number>();

  /** Note a ping; false if too many are on their way. Throws `IPC_INVALID_OPTION` for no whole number from 1 on. */
  add(time: number): boolean {
    if (!Number.isSafeInteger(time) || time < 1) throw invalidTime(time);
    if (this.#times.size >= maxOnTheirWay) return false;
    this.#times.push(time);
    return true;
  }

  /** Take the answer off the list; false if no such ping is the next to be answered. */
  answer(time: number): boolean {
    if (this.#times.first !== time) return false;
    this.#times.shift();
    return true;
  }
}

function invalidTime(time: number): ProtocolError {
  return new ProtocolError(
    "IPC_INVALID_OPTION",
    "caller",
    `The time of a ping is ${time}; give a whole number of at least 1, such as Date.now().`,
    { context: { option: "time" } },
  );
}
