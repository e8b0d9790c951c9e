import { realTime, Timeout } from "@ipc/transport";
import type { ServerPeer } from "./clients.ts";

const closing = ["server-closing", "The server is closing."] as const;

/** All peers of a server, from their first byte to the end of their sessions. */
export class Attendance {
  readonly #peers = new Set<ServerPeer>();
  readonly #whenEmpty: (() => void)[] = [];
  /** The instant by which all are to have gone, once they are asked to. */
  #leaveBy: number | undefined;

  /** True while all peers are asked to leave: one that comes now is asked too, and a parked session is lost. */
  get leaving(): boolean {
    return this.#leaveBy !== undefined;
  }

  add(peer: ServerPeer): void {
    this.#peers.add(peer);
  }

  delete(peer: ServerPeer): void {
    this.#peers.delete(peer);
    if (this.#peers.size > 0) return;
    for (const empty of this.#whenEmpty.splice(0)) empty();
  }

  /**
   * Ask every peer with a session to finish and come back to the server of that time; one whose hello has
   * not come is sent away at once. Fulfilled when all have gone or the time is over.
   */
  async sendAway(within: number): Promise<void> {
    this.#leaveBy = realTime.now() + within;
    for (const peer of this.#peers) {
      const { driver, socket } = peer;
      const { phase } = driver.session;
      // Its client will come back to another server, which does not know the session.
      if (phase === "parked") driver.lose();
      else if (socket !== undefined) this.#ask(peer, this.#leaveBy);
      // One that middleware decides about is asked when it is welcome.
      else if (phase !== "accepting") driver.dismiss(...closing);
    }
    let timeout: Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timeout = new Timeout(within, resolve, true);
    });
    await Promise.race([this.#emptied(), timeUp]);
    timeout?.clear();
    this.#leaveBy = undefined;
  }

  /** A peer's session has begun. */
  welcome(peer: ServerPeer): void {
    if (this.#leaveBy !== undefined) this.#ask(peer, this.#leaveBy);
  }

  /** Send away at once all that have no session, or no connection, and let the answers to the others hold the process. */
  dismissOthers(): void {
    for (const { driver, socket } of this.#peers) {
      if (socket?.connected === true) driver.ref();
      else driver.dismiss(...closing);
    }
  }

  /** Say goodbye to all. Fulfilled when all are gone. */
  dismiss(): Promise<void> {
    for (const peer of this.#peers) {
      const { driver, socket } = peer;
      peer.cancelCalls();
      // Accepted connections do not hold the process, but their last bytes do.
      driver.ref();
      // A peer without a session, or without a connection, cannot hold up the end.
      if (socket?.connected === true) driver.close(...closing);
      else driver.dismiss(...closing);
    }
    return this.#emptied();
  }

  #ask({ driver }: ServerPeer, leaveBy: number): void {
    driver.session.askToLeave(Math.max(0, leaveBy - realTime.now()));
    driver.schedule();
  }

  #emptied(): Promise<void> {
    if (this.#peers.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }
}
