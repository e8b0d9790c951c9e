import type { SessionEnd, Lost, Unsent } from "@ipc/protocol";
import { isFailure } from "../errors.ts";
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
  /** True if the next session first sends the events that the last one could not send. */
  readonly carries: boolean;
  /** Called when the application disconnects the socket. */
  readonly leave: (reason: string | undefined) => void;
}

/** The sessions of a client, one after the other, with their sockets and events. */
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

  /** True if the next session first sends the events that the last one could not send. */
  get carries(): boolean {
    return this.#options.carries;
  }

  /** Begins a session over a connection, which first sends the events that the last one could not send. */
  begin(peer: Peer<AnySocket>, id: string): ClientSession {
    const { name, callTimeout, leave } = this.#options;
    const socket: AnySocket = new IPCSocket({
      id,
      name,
      driver: peer.driver,
      callTimeout,
      leave: (reason) => {
        // The socket of a former session does not end a later one.
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
   * Handles a change of the credential: unsent events of the former one are lost, and a parked session too. An open
   * session goes on.
   */
  change(credential: Credential): void {
    this.#giveUp(credential);
    const { peer } = this.#current ?? {};
    if (peer?.driver.session.phase === "parked" && peer.credential !== credential) {
      peer.driver.lose();
    }
  }

  /** Emits the events of a session that has begun. */
  announce({ socket }: ClientSession): void {
    const { id, name } = socket;
    this.#announcer.tellSession(socket);
    this.#announcer.emit("connect", { recovered: false });
    this.#announcer.emit("connected", socket, { id, name });
  }

  /** Handles the loss of the connection of a session, which is parked. */
  parked(end: SessionEnd): void {
    if (this.#current !== undefined) this.#news.parked(this.#current.socket, end);
  }

  /** Handles the new connection of a parked session. */
  resumed(): void {
    if (this.#current !== undefined) this.#news.resumed(this.#current.socket);
  }

  /** Handles the end of the session. With `next` another one follows under that credential, and may carry unsent events. */
  over(end: SessionEnd, next: Credential | undefined): void {
    const session = this.#current;
    if (session === undefined) return;
    this.#current = undefined;
    const carries = next === session.peer.credential && this.carries;
    const lost = carries ? this.#carried.keep(session, end) : end.lost;
    // Events of a session before this one, which this one could not carry.
    this.#giveUp(next);
    this.#announcer.flush();
    if (lost !== undefined) this.#news.lost(session.socket, lost);
    this.#news.over(session.socket, lost === end.lost ? end : { ...end, lost });
    if (isFailure({ error: end.error, lost })) this.#announcer.report(end.error, session.socket);
  }

  /** Ends a parked session, and gives up all unsent events. */
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

/** The events that a client has emitted in lost sessions and never sent: the next session carries them. */
class Carried {
  #waiting: Waiting[] = [];

  /** Keeps the unsent events of a session. Returns the rest, which is reported as lost. */
  keep({ peer, socket }: ClientSession, { lost }: SessionEnd): Lost | undefined {
    const { unsent } = peer.driver.session;
    if (lost === undefined || unsent === undefined) return lost;
    this.#waiting.push({ socket, unsent, credential: peer.credential });
    return unsent.rest;
  }

  /** Gives the events to a session that begins. A session that is over already does not take them. */
  handTo({ peer }: ClientSession): void {
    this.#waiting = this.#waiting.filter(({ unsent }) => !peer.driver.session.carry(unsent));
  }

  /**
   * Gives up the events that were not emitted under the credential `unless`, and passes them to `report` with the
   * socket on which they were emitted.
   */
  giveUp(report: (socket: AnySocket, lost: Lost) => void, unless?: Credential): void {
    const over = this.#waiting.filter(({ credential }) => credential !== unless);
    this.#waiting = this.#waiting.filter(({ credential }) => credential === unless);
    for (const { socket, unsent } of over) report(socket, unsent.lost);
  }
}
