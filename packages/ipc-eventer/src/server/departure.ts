import type { SessionEnd } from "@ipc/protocol";
import type { Attendance } from "./attendance.ts";
import type { ClientsOwner, ServerPeer } from "./clients.ts";
import { codeOf, isFailure } from "../error.ts";
import type { ServerRecovery } from "./server-recovery.ts";
import type { Announcer } from "../socket/announcer.ts";
import type { SessionNews } from "../socket/session-news.ts";
import type { PendingConnections } from "./pending-connections.ts";

/** The parts that forget a peer that goes, and that tell of it. */
export interface DepartureParts {
  readonly owner: ClientsOwner;
  readonly announcer: Announcer;
  readonly news: SessionNews;
  readonly recovery: ServerRecovery;
  readonly pending: PendingConnections;
  readonly peers: Attendance;
}

/** How a peer goes: all parts of the server forget it, and the application hears of its end, and of what was wrong. */
export class Departure {
  readonly #parts: DepartureParts;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** A peer's session is over, or its connection before there was one. */
  leave(peer: ServerPeer, end: SessionEnd): void {
    const { owner, news, recovery, pending, peers } = this.#parts;
    const { socket } = peer;
    recovery.forget(peer, end);
    const guessed = pending.remove(peer);
    if (socket !== undefined) {
      owner.clients.remove(socket.id, peer);
      if (end.lost !== undefined) news.lost(socket, end.lost);
      news.over(socket, end);
    } else if (peer.guest !== undefined && end.lost !== undefined) {
      news.lost(peer.guest, end.lost);
    }
    // Of an attempt that failed the error is all there is; a session's end has events of its own.
    if (end.error !== undefined && (socket === undefined || isFailure(end))) {
      this.#tellOfError(peer, end.error, end.byPeer, guessed);
    }
    peers.delete(peer);
  }

  /** All connections are over: tell at once what was summed up. */
  flush(): void {
    this.#parts.announcer.flush();
  }

  #tellOfError({ socket }: ServerPeer, error: Error, byPeer: boolean, guessed: boolean): void {
    const { announcer } = this.#parts;
    const code = codeOf(error);
    // A connection that came and went was a probe, unless it could test a password.
    if (socket === undefined && code === "IPC_PEER_GONE" && !guessed) return;
    // Guesses at the password come at a bounded rate, and each is told.
    if (guessed) announcer.report(error, socket);
    else announcer.reportSummed(error, socket, byPeer);
  }
}
