import { ProtocolError, type SessionEnd } from "@ipc/protocol";
import type { Attendance } from "./attendance.ts";
import type { ClientsOwner } from "./clients.ts";
import { codeOf } from "../error.ts";
import type { ServerPeer } from "./server-peer.ts";
import type { ServerRecovery } from "./server-recovery.ts";
import type { Announcer } from "../socket/announcer.ts";
import type { SessionNews } from "../socket/session-news.ts";
import type { Strangers } from "./strangers.ts";
import { TurnedAway } from "./turned-away.ts";

/** Who forgets those who go, and what is told of them. */
export interface DepartureParts {
  readonly owner: ClientsOwner;
  readonly announcer: Announcer;
  readonly news: SessionNews;
  readonly recovery: ServerRecovery;
  readonly strangers: Strangers;
  readonly peers: Attendance;
}

/** How a peer goes: everybody forgets it, and the application hears of its end, and of what was wrong. */
export class Departure {
  readonly #parts: DepartureParts;
  readonly #turnedAway: TurnedAway;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
    this.#turnedAway = new TurnedAway((error) => void parts.announcer.raise(error));
  }

  /** A peer's session is over, or its connection before there was one. */
  leave(peer: ServerPeer, end: SessionEnd): void {
    const { owner, news, recovery, strangers, peers } = this.#parts;
    const { socket } = peer;
    recovery.forget(peer, end);
    const guessed = strangers.remove(peer);
    if (socket !== undefined) {
      owner.clients.remove(socket.id, peer);
      if (end.lost !== undefined) news.lost(socket, end.lost);
      news.over(socket, end);
    } else if (peer.guest !== undefined && end.lost !== undefined) {
      news.lost(peer.guest, end.lost);
    }
    if (end.error !== undefined) this.#tellOfError(peer, end.error, end.byPeer, guessed);
    peers.delete(peer);
  }

  /** Everybody has gone: tell at once of who was turned away. */
  flush(): void {
    this.#turnedAway.flush();
  }

  #tellOfError({ socket }: ServerPeer, error: Error, byPeer: boolean, guessed: boolean): void {
    const { announcer } = this.#parts;
    const code = codeOf(error);
    // A stranger that came and went was somebody's probe, unless it could test a password.
    if (socket === undefined && code === "IPC_PEER_GONE" && !guessed) return;
    // Guesses at the password come at a bounded rate, and each is told.
    if (socket === undefined && !guessed && error instanceof ProtocolError) {
      announcer.publish(error);
      this.#turnedAway.add(error, byPeer);
    } else {
      announcer.report(error, socket);
    }
  }
}
