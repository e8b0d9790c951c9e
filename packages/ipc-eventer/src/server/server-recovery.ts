import type { Hello, RecoveryGrant, SessionEnd, Welcome } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { ClientIds, EndedSession } from "./client-ids.ts";
import type { ClientRegistryOwner, ServerPeer } from "./client-registry.ts";
import type { HandshakeDriver } from "../driver/handshake-driver.ts";
import type { Credential } from "../encryption.ts";
import type { RecoveryOptions } from "../options.ts";
import type { SessionNews } from "../socket/session-news.ts";

/** The time for which a session has been connected. */
interface Connected {
  /** Milliseconds over all connections that are over. */
  before: number;
  /** The instant at which the present connection began. */
  since: number;
}

/** Parks and resumes the sessions of a server that outlive their connections. */
export class ServerRecovery {
  readonly #window: number;
  readonly #owner: ClientRegistryOwner;
  readonly #news: SessionNews;
  readonly #parked: ParkedSessions<ServerPeer>;
  readonly #connected = new WeakMap<ServerPeer, Connected>();
  /** The session that is being resumed: it is not parked. */
  #resuming: ServerPeer | undefined;

  constructor(
    { window, maxParked }: RecoveryOptions,
    owner: ClientRegistryOwner,
    news: SessionNews,
  ) {
    this.#window = window;
    this.#owner = owner;
    this.#parked = new ParkedSessions(maxParked);
    this.#news = news;
  }

  /** Grants recovery to a client that begins a session, with the outcome of the one that it asks for. */
  grant(
    peer: ServerPeer,
    { recovery }: Hello,
    ended: EndedSession | undefined,
  ): RecoveryGrant | undefined {
    if (recovery === undefined || this.#window === 0) return undefined;
    this.#connected.set(peer, { before: 0, since: realTime.now() });
    const session = this.#ids.begin(peer);
    return { session, window: this.#window, resumed: false, received: ended?.received };
  }

  /**
   * Resumes a session over the connection on which its client has proved it. Answers false if that is not possible:
   * then the session ends.
   */
  resume(
    former: ServerPeer,
    begun: HandshakeDriver,
    { recovery }: Hello,
    welcome: Omit<Welcome, "recovery">,
  ): boolean {
    const { driver } = former;
    const { session = "", received = 0 } = recovery ?? {};
    // Its former connection may not have ended yet: what that has not delivered comes again.
    this.#resuming = former;
    driver.detach();
    this.#resuming = undefined;
    const resumed = this.#ids.rotate(former, session, (next) =>
      driver.session.resume(begun.handshake, welcome, { received, session: next }),
    );
    if (!resumed) {
      driver.lose(received);
      return false;
    }
    driver.takeOver(begun);
    return true;
  }

  /** Handles the loss of a session's connection. With `keep` it waits for another one. */
  park(peer: ServerPeer, end: SessionEnd, keep: boolean): void {
    const { driver, socket } = peer;
    const times = this.#connected.get(peer);
    if (times !== undefined) times.before += realTime.now() - times.since;
    if (socket !== undefined) this.#news.parked(socket, end);
    // A listener may find it resumed already.
    if (driver.session.phase !== "parked" || this.#resuming === peer) return;
    if (keep) this.#parked.add(peer, times?.before ?? 0);
    else driver.lose();
  }

  /** Handles the new connection of a session. */
  resumed(peer: ServerPeer): void {
    this.#parked.delete(peer);
    const times = this.#connected.get(peer);
    if (times !== undefined) times.since = realTime.now();
    if (peer.socket !== undefined) this.#news.resumed(peer.socket);
  }

  /** Ends the parked sessions of former credentials: no client can come back for them. */
  change(credential: Credential): void {
    this.#parked.loseThose((peer) => peer.credential !== credential);
  }

  /** Handles the end of a session. What it had received is kept for a while: its client may still ask. */
  end(peer: ServerPeer, end: SessionEnd): void {
    this.#parked.delete(peer);
    const { driver, socket } = peer;
    const kicked = end.reason === "kicked" && !end.byPeer;
    if (socket === undefined || (!kicked && end.reason !== "lost")) return;
    const { received } = driver.session;
    this.#ids.remember(peer, socket.id, { received, kicked, message: end.message });
  }

  get #ids(): ClientIds<ServerPeer> {
    return this.#owner.clients.ids;
  }
}

/** A session without a connection. */
interface Parkable {
  readonly driver: {
    /** Ends it without a resumption. */
    lose(): void;
  };
}

/** The rank of a parked session. */
interface ParkedPlace {
  /** Milliseconds for which it was connected. */
  readonly connected: number;
  /** A session that was parked later has a higher one. */
  readonly serial: number;
}

/**
 * The parked sessions of a server, in a bounded number of places.
 *
 * Half of the places are for the sessions that were connected longest, the rest for those that were parked last. So
 * no number of clients can hold all places: a session that is parked now keeps its place until as many others were
 * parked after it, and one that was connected long is not displaced by sessions that are opened and dropped in a loop.
 */
export class ParkedSessions<P extends Parkable> {
  readonly #longestPlaces: number;
  readonly #latestPlaces: number;
  /** The sessions that were connected longest. */
  readonly #longest = new Map<P, ParkedPlace>();
  /** All others. */
  readonly #latest = new Map<P, ParkedPlace>();
  #serial = 0;

  constructor(limit: number) {
    this.#longestPlaces = Math.floor(limit / 2);
    this.#latestPlaces = Math.floor(limit) - this.#longestPlaces;
  }

  get size(): number {
    return this.#longest.size + this.#latest.size;
  }

  /** Adds a session that was connected for so many milliseconds; over the bound another one is ended. */
  add(session: P, connected: number): void {
    this.delete(session);
    this.#longest.set(session, { connected, serial: ++this.#serial });
    if (this.#longest.size > this.#longestPlaces) {
      move(leastOf(this.#longest, "connected"), this.#longest, this.#latest);
    }
    if (this.#latest.size <= this.#latestPlaces) return;
    const first = leastOf(this.#latest, "serial");
    if (first === undefined) return;
    this.#latest.delete(first);
    first.driver.lose();
  }

  /** Removes a session that has a connection again, or is over. */
  delete(session: P): void {
    if (!this.#longest.delete(session)) this.#latest.delete(session);
  }

  /** Ends the sessions of which `wanted` is true. */
  loseThose(wanted: (session: P) => boolean): void {
    for (const session of [...this.#longest.keys(), ...this.#latest.keys()]) {
      if (!wanted(session)) continue;
      this.delete(session);
      session.driver.lose();
    }
  }
}

/** Finds the session with the least of `what`; of several the one that was parked last. */
function leastOf<P>(places: ReadonlyMap<P, ParkedPlace>, what: keyof ParkedPlace): P | undefined {
  let least: P | undefined;
  let value = Infinity;
  for (const [session, place] of places) {
    if (place[what] > value) continue;
    least = session;
    value = place[what];
  }
  return least;
}

function move<P>(session: P | undefined, from: Map<P, ParkedPlace>, to: Map<P, ParkedPlace>): void {
  const place = session && from.get(session);
  if (session === undefined || place === undefined) return;
  from.delete(session);
  to.set(session, place);
}
