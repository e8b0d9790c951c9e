import type { Batch, Lost, SessionEnd } from "@ipc/protocol";
import type { ClientSession } from "./client-sessions.ts";
import type { AnySocket } from "./ipc-socket.ts";

interface Remainder {
  readonly socket: AnySocket;
  readonly lost: Lost;
  readonly batches: readonly Batch[];
}

/** What a client emitted without a connection and could not send before its session was lost: it waits for the next one. */
export class Unsent {
  #remainders: Remainder[] = [];

  /** Keep what a session leaves. Answers what is left to report. */
  keep({ peer, socket }: ClientSession, { lost }: SessionEnd): Lost | undefined {
    const batches = peer.driver.session.heritage;
    if (lost === undefined || batches.length === 0) return lost;
    this.#remainders.push({ socket, lost, batches });
    const { unconfirmed } = lost;
    return unconfirmed.length === 0 ? undefined : { unsent: [], unconfirmed };
  }

  /** Give it to a session that begins. */
  handTo({ peer }: ClientSession): void {
    for (const { batches } of this.#remainders) peer.driver.session.inherit(batches);
    this.#remainders = [];
  }

  /** No session follows: tell what will not be sent, each with the socket on which it was emitted. */
  giveUp(tell: (socket: AnySocket, lost: Lost) => void): void {
    const remainders = this.#remainders;
    this.#remainders = [];
    for (const { socket, lost } of remainders)
      tell(socket, { unsent: lost.unsent, unconfirmed: [] });
  }
}
