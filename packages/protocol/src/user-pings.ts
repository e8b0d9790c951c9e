/** Pings of the application that may be on their way at once. */
const maxOnTheirWay = 1024;

/** The pings that the application sent and the peer has not answered, oldest first. */
export class UserPings {
  #times: number[] | undefined;

  /** Note a ping; false if too many are on their way. */
  add(time: number): boolean {
    this.#times ??= [];
    if (this.#times.length >= maxOnTheirWay) return false;
    this.#times.push(time);
    return true;
  }

  /** Take the answer off the list; false if no such ping is the next to be answered. */
  answer(time: number): boolean {
    if (this.#times?.[0] !== time) return false;
    this.#times.shift();
    return true;
  }
}
