import type { Hello, RecoveryGrant, SessionEnd, Welcome } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { Claims, Ended } from "./claims.ts";
import type { ClientsOwner, ServerPeer } from "./clients.ts";
import type { Credential } from "../encryption.ts";
import type { RecoveryOptions } from "../options.ts";
import { ParkedSessions } from "./parked-sessions.ts";
import type { SessionNews } from "../socket/session-news.ts";

/** How long a session has been connected. */
interface Connected {
  /** Milliseconds over all connections that are over. */
  before: number;
  /** The instant at which the present connection began. */
  since: number;
}

/** The sessions of a server that outlive their connections: what is granted, which wait, which go on. */
export class ServerRecovery {
  readonly #window: number;
  readonly #owner: ClientsOwner;
  readonly #news: SessionNews;
  readonly #parked: ParkedSessions<ServerPeer>;
  readonly #connected = new WeakMap<ServerPeer, Connected>();
  /** The session that is about to go on: it does not wait. */
  #goingOn: ServerPeer | undefined;

  constructor({ window, maxParked }: RecoveryOptions, owner: ClientsOwner, news: SessionNews) {
    this.#window = window;
    this.#owner = owner;
    this.#parked = new ParkedSessions(maxParked);
    this.#news = news;
  }

  /** The grant for a client that begins a session, with the outcome of the one that it comes back for. */
  grant(
    peer: ServerPeer,
    { recovery }: Hello,
    ended: Ended | undefined,
  ): RecoveryGrant | undefined {
    if (recovery === undefined || this.#window === 0) return undefined;
    this.#connected.set(peer, { before: 0, since: realTime.now() });
    const session = this.#claims.begin(peer);
    return { session, window: this.#window, resumed: false, received: ended?.received };
  }

  /**
   * Let a session go on over the connection on which its client has come back, with the secret that
   * proves it. False if the session cannot: then it ends.
   */
  goOn(
    former: ServerPeer,
    begun: ServerPeer,
    { recovery }: Hello,
    welcome: Omit<Welcome, "recovery">,
  ): boolean {
    const { driver } = former;
    const { session = "", received = 0 } = recovery ?? {};
    // Its old connection may still seem alive: what that has not delivered yet comes again.
    this.#goingOn = former;
    driver.detach();
    this.#goingOn = undefined;
    const resumed = this.#claims.rotate(former, session, (next) =>
      driver.session.resume(begun.driver.session, welcome, { received, session: next }),
    );
    if (!resumed) {
      driver.lose(received);
      return false;
    }
    driver.takeOver(begun.driver);
    return true;
  }

  /** A session has lost its connection. With `keep` it waits for another one. */
  park(peer: ServerPeer, end: SessionEnd, keep: boolean): void {
    const { driver, socket } = peer;
    const times = this.#connected.get(peer);
    if (times !== undefined) times.before += realTime.now() - times.since;
    if (socket !== undefined) this.#news.parked(socket, end);
    // It may go on already when its listeners' turn comes.
    if (driver.session.phase !== "parked" || this.#goingOn === peer) return;
    if (keep) this.#parked.add(peer, times?.before ?? 0);
    else driver.lose();
  }

  /** It has another one. */
  resumed(peer: ServerPeer): void {
    this.#parked.delete(peer);
    const times = this.#connected.get(peer);
    if (times !== undefined) times.since = realTime.now();
    if (peer.socket !== undefined) this.#news.resumed(peer.socket);
  }

  /** Another credential is in force: no client can come back for the parked sessions of the former one. */
  change(credential: Credential): void {
    this.#parked.loseThose((peer) => peer.credential !== credential);
  }

  /** It is over. What it had received is remembered for a while: its client may still ask. */
  forget(peer: ServerPeer, end: SessionEnd): void {
    this.#parked.delete(peer);
    const { driver, socket } = peer;
    const kicked = end.reason === "kicked" && !end.byPeer;
    if (socket === undefined || (!kicked && end.reason !== "lost")) return;
    const { received } = driver.session;
    this.#claims.remember(peer, socket.id, { received, kicked, message: end.message });
  }

  get #claims(): Claims<ServerPeer> {
    return this.#owner.clients.claims;
  }
}
