import type { Hello, RecoveryGrant, SessionEnd, Welcome } from "@ipc/protocol";
import type { Driver } from "../driver/driver.ts";
import type { RecoveryOptions } from "../options.ts";
import { ParkedSessions } from "./parked-sessions.ts";
import type { SessionNews } from "../socket/session-news.ts";
import type { ServerPeer } from "./server-peer.ts";

/** Ended sessions of which it is remembered what they had received: some 100 bytes each, and a kick's message. */
const rememberedSessions = 1_024;

/** What is remembered of a session whose client may not know that it is over. */
interface Ended {
  readonly received: readonly number[];
  /** True if the client was sent away. */
  readonly kicked: boolean;
  /** What it was told then. */
  readonly message: string | undefined;
}

/** The sessions of a server that outlive their connections: what is granted, who waits, who goes on. */
export class ServerRecovery {
  readonly #window: number;
  readonly #parked: ParkedSessions<Driver>;
  readonly #news: SessionNews;
  /** Sessions that were lost, or whose clients were kicked, by the client's id and the session's number. */
  readonly #ended = new Map<string, Ended>();
  /** The session that is about to go on: it does not wait. */
  #goingOn: Driver | undefined;
  /** The number of the last session that can be recovered. */
  #serial = 0;

  constructor({ window, maxParked }: RecoveryOptions, news: SessionNews) {
    this.#window = window;
    this.#parked = new ParkedSessions(maxParked);
    this.#news = news;
  }

  /** What a client that begins a session is granted, and what became of the one that it comes back for. */
  grant({ id, recovery }: Hello, isProven: boolean): RecoveryGrant | undefined {
    if (recovery === undefined || this.#window === 0) return undefined;
    const received = isProven ? this.#ended.get(keyOf(id, recovery))?.received : undefined;
    return { session: ++this.#serial, window: this.#window, resumed: false, received };
  }

  /** How a client was sent away from the session that it comes back for: it may have been away then. */
  kickOf({ id, recovery }: Hello): Ended | undefined {
    const ended = this.#ended.get(keyOf(id, recovery));
    return ended?.kicked === true ? ended : undefined;
  }

  /**
   * Let a session go on over the connection on which its client has come back. False if the client
   * did not ask for that, or the session cannot: then it ends.
   */
  goOn(
    former: ServerPeer,
    begun: ServerPeer,
    { recovery }: Hello,
    welcome: Omit<Welcome, "recovery">,
  ): boolean {
    const { driver } = former;
    const { session, received } = recovery ?? {};
    if (session === undefined || received === undefined) return false;
    if (driver.session.recovery?.session !== session) return false;
    // Its old connection may still seem alive: what that has not delivered yet comes again.
    this.#goingOn = driver;
    driver.detach();
    this.#goingOn = undefined;
    if (!driver.session.resume(begun.driver.session, welcome, received)) {
      driver.lose(received);
      return false;
    }
    driver.takeOver(begun.driver);
    return true;
  }

  /** A session has lost its connection. With `keep` it waits for another one. */
  park({ driver, socket }: ServerPeer, end: SessionEnd, keep: boolean): void {
    if (socket !== undefined) this.#news.parked(socket, end);
    const { phase, recovery } = driver.session;
    // It may go on already when its listeners' turn comes.
    if (phase !== "parked" || this.#goingOn === driver) return;
    if (keep) this.#parked.add(driver, recovery?.session ?? 0);
    else driver.lose();
  }

  /** It has another one. */
  resumed({ driver, socket }: ServerPeer): void {
    this.#parked.delete(driver);
    if (socket !== undefined) this.#news.resumed(socket);
  }

  /** It is over. What it had received is remembered for a while: its client may still ask. */
  forget({ driver, socket }: ServerPeer, end: SessionEnd): void {
    this.#parked.delete(driver);
    const { recovery, received } = driver.session;
    const kicked = end.reason === "kicked" && !end.byPeer;
    if (recovery === undefined || socket === undefined) return;
    if (!kicked && end.reason !== "lost") return;
    this.#ended.set(keyOf(socket.id, recovery), { received, kicked, message: end.message });
    for (const [oldest] of this.#ended) {
      if (this.#ended.size <= rememberedSessions) return;
      this.#ended.delete(oldest);
    }
  }
}

function keyOf(
  id: string | undefined,
  recovery: { readonly session?: number | undefined } = {},
): string {
  return `${id}/${recovery.session}`;
}
