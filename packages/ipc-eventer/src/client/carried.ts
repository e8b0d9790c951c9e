import type { Lost, SessionEnd, Unsent } from "@ipc/protocol";
import type { ClientSession } from "./client-sessions.ts";
import type { AnySocket } from "../ipc-socket.ts";

/** What a client has emitted in sessions that were lost, and never sent: it waits for the next session, which carries it. */
export class Carried {
  #waiting: { readonly socket: AnySocket; readonly unsent: Unsent }[] = [];

  /** Keep what a session has not sent. Answers what is left to report. */
  keep({ peer, socket }: ClientSession, { lost }: SessionEnd): Lost | undefined {
    const { unsent } = peer.driver.session;
    if (lost === undefined || unsent === undefined) return lost;
    this.#waiting.push({ socket, unsent });
    return unsent.rest;
  }

  /** Give it to a session that begins. One that is over already takes nothing. */
  handTo({ peer }: ClientSession): void {
    this.#waiting = this.#waiting.filter(({ unsent }) => !peer.driver.session.carry(unsent));
  }

  /** No session follows: tell what will not be sent, each with the socket on which it was emitted. */
  giveUp(tell: (socket: AnySocket, lost: Lost) => void): void {
    for (const { socket, unsent } of this.#waiting.splice(0)) tell(socket, unsent.lost);
  }
}
