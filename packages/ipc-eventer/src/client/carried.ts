import type { Lost, SessionEnd, Unsent } from "@ipc/protocol";
import type { ClientSession } from "./client-sessions.ts";
import type { Credential } from "../encryption.ts";
import type { AnySocket } from "../ipc-socket.ts";

/** The unsent events of one session. */
interface Waiting {
  readonly socket: AnySocket;
  readonly unsent: Unsent;
  /** The protection under which they were emitted. */
  readonly credential: Credential;
}

/** The events that a client has emitted in sessions that were lost, and never sent: they wait for the next session, which carries them. */
export class Carried {
  #waiting: Waiting[] = [];

  /** Keep what a session has not sent. Answers what is left to report. */
  keep({ peer, socket }: ClientSession, { lost }: SessionEnd): Lost | undefined {
    const { unsent } = peer.driver.session;
    if (lost === undefined || unsent === undefined) return lost;
    this.#waiting.push({ socket, unsent, credential: peer.credential });
    return unsent.rest;
  }

  /** Give it to a session that begins. One that is over already takes nothing. */
  handTo({ peer }: ClientSession): void {
    this.#waiting = this.#waiting.filter(({ unsent }) => !peer.driver.session.carry(unsent));
  }

  /**
   * No session follows, or those that do are under another credential than `unless`: tell what will
   * not be sent, each with the socket on which it was emitted.
   */
  giveUp(tell: (socket: AnySocket, lost: Lost) => void, unless?: Credential): void {
    const over = this.#waiting.filter(({ credential }) => credential !== unless);
    this.#waiting = this.#waiting.filter(({ credential }) => credential === unless);
    for (const { socket, unsent } of over) tell(socket, unsent.lost);
  }
}
