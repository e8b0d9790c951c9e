import type { SessionEnd, Lost, Unsent } from "@ipc/protocol";
import { isFailure } from "../error.ts";
import type { Announcer } from "../socket/announcer.ts";
import type { Credential } from "../encryption.ts";
import { type AnySocket, IPCSocket } from "../ipc-socket.ts";
import type { Peer } from "../socket/peer.ts";
import { SessionNews } from "../socket/session-news.ts";

/** A client's session, with or without a connection, and its socket. */
export interface ClientSession {
  readonly peer: Peer<AnySocket>;
  readonly socket: AnySocket;
}

/** Options of all sessions of a client. */
export interface ClientSessionsOptions {
  /** The client's own name. */
  readonly name: string;
  readonly callTimeout: number;
  /** Send first in the next session what was never sent in the last. */
  readonly carries: boolean;
  /** The application says goodbye by its socket. */
  readonly leave: (reason: string | undefined) => void;
}

/** The sessions of a client, one after the other, and what the application hears of them. */
export class ClientSessions {
  readonly #options: ClientSessionsOptions;
  readonly #announcer: Announcer;
  readonly #news: SessionNews;
  readonly #carried = new Carried();
  #current: ClientSession | undefined;

  constructor(options: ClientSessionsOptions, announcer: Announcer) {
    this.#options = options;
    this.#announcer = announcer;
    this.#news = new SessionNews(announcer, "client");
  }

  /** The session that is not over, with or without a connection. */
  get current(): ClientSession | undefined {
    return this.#current;
  }

  /** True if the next session sends first what was never sent in the last. */
  get carries(): boolean {
    return this.#options.carries;
  }

  /** Begin a session over a connection, and let it send first what the last one could not. */
  begin(peer: Peer<AnySocket>, id: string): ClientSession {
    const { name, callTimeout, leave } = this.#options;
    const socket: AnySocket = new IPCSocket({
      id,
      name,
      driver: peer.driver,
      callTimeout,
      leave: (reason) => {
        // The socket of a former session does not end its successor.
        if (this.#current?.socket === socket) leave(reason);
      },
      onRejection: (error) => this.#announcer.reject(error),
    });
    peer.socket = socket;
    this.#current = { peer, socket };
    this.#giveUp(peer.credential);
    this.#carried.handTo(this.#current);
    return this.#current;
  }

  /**
   * Connections made from now on are under another credential: what waits to be sent under the former
   * one is lost, and the session too, if it is parked. A session that is open goes on.
   */
  change(credential: Credential): void {
    this.#giveUp(credential);
    const { peer } = this.#current ?? {};
    if (peer?.driver.session.phase === "parked" && peer.credential !== credential) {
      peer.driver.lose();
    }
  }

  /** Tell that a session has begun. */
  announce({ socket }: ClientSession): void {
    const { id, name } = socket;
    this.#announcer.tellSession(socket);
    this.#announcer.emit("connect", { recovered: false });
    this.#announcer.emit("connected", socket, { id, name });
  }

  /** The session is parked. */
  parked(end: SessionEnd): void {
    if (this.#current !== undefined) this.#news.parked(this.#current.socket, end);
  }

  /** It goes on over another connection. */
  resumed(): void {
    if (this.#current !== undefined) this.#news.resumed(this.#current.socket);
  }

  /** It is over. With `next` one is to follow under that credential, which may carry what was not sent. */
  over(end: SessionEnd, next: Credential | undefined): void {
    const session = this.#current;
    if (session === undefined) return;
    this.#current = undefined;
    const carries = next === session.peer.credential && this.carries;
    const lost = carries ? this.#carried.keep(session, end) : end.lost;
    // The rest of a session before this one, which this one could not take.
    this.#giveUp(next);
    this.#announcer.flush();
    if (lost !== undefined) this.#news.lost(session.socket, lost);
    this.#news.over(session.socket, lost === end.lost ? end : { ...end, lost });
    if (isFailure({ error: end.error, lost })) this.#announcer.report(end.error, session.socket);
  }

  /** No connection will take the parked session up, and no session what was never sent. */
  abandon(reason: "lost" | "requested", message?: string): void {
    const driver = this.#current?.peer.driver;
    if (reason === "lost") driver?.lose();
    else driver?.dismiss(reason, message);
    this.#giveUp();
  }

  #giveUp(unless?: Credential): void {
    this.#carried.giveUp((socket, lost) => this.#news.lost(socket, lost), unless);
  }
}

/** The unsent events of one session. */
interface Waiting {
  readonly socket: AnySocket;
  readonly unsent: Unsent;
  /** The protection under which they were emitted. */
  readonly credential: Credential;
}

/** The events that a client has emitted in sessions that were lost, and never sent: they wait for the next session, which carries them. */
class Carried {
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
