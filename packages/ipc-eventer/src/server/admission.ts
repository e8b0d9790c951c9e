import type { Hello, ProtocolError, Welcome } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { Attendance } from "./attendance.ts";
import type { Verdict } from "./claims.ts";
import type { ClientsOwner, ServerPeer } from "./clients.ts";
import { type AnyServerSocket, IPCServerSocket } from "../ipc-server-socket.ts";
import { setSocketState } from "../ipc-socket.ts";
import type { ClientMeta } from "../listening/lifecycle-events.ts";
import { RefusedError } from "../error.ts";
import { type Middleware, runMiddleware } from "./middleware.ts";
import type { ServerRecovery } from "./server-recovery.ts";
import type { Announcer } from "../socket/announcer.ts";
import type { PendingConnections } from "./pending-connections.ts";

/** The parts that decide about peers that come in, and that tell of them. */
export interface AdmissionParts {
  readonly owner: ClientsOwner;
  readonly announcer: Announcer;
  readonly recovery: ServerRecovery;
  readonly pending: PendingConnections;
  readonly peers: Attendance;
  /** Milliseconds that middleware has to decide. */
  readonly decisionTimeout: number;
  /** Milliseconds that a call waits for its reply unless it says otherwise. */
  readonly callTimeout: number;
  /** True while clients are welcomed. */
  readonly isOpen: () => boolean;
  /** The server application's own version. */
  readonly version: string | undefined;
}

/** How a peer comes in: from its hello to its welcome, in a new session or in the one that it comes back for. */
export class Admission {
  /** The functions that decide about a client before it is accepted, in order. */
  readonly middleware: Middleware<AnyServerSocket>[] = [];
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** The hello of a peer has come. */
  identify(peer: ServerPeer, hello: Hello): void {
    const { owner, announcer, recovery, pending, callTimeout, version } = this.#parts;
    pending.greet(peer);
    const { claims } = owner.clients;
    let verdict = this.#judge(peer, hello);
    if (verdict.proved === "session") {
      if (this.#goesOn(verdict.session, peer, hello)) return;
      // It is over now, and may be remembered.
      verdict = this.#judge(peer, hello);
    }
    const ended = verdict.proved === "id" ? verdict.ended : undefined;
    if (ended?.kicked === true) {
      peer.driver.close("kicked", ended.message, ended.received);
      return;
    }
    const { id, token } = claims.identify(verdict, peer.credential);
    const name = hello.name === "" ? "anonymous" : hello.name;
    const meta = { id, name, pid: hello.pid, version: hello.version };
    const socket: AnyServerSocket = new IPCServerSocket({
      id,
      name,
      driver: peer.driver,
      callTimeout,
      leave: (reason) => peer.driver.close("kicked", reason),
      onRejection: (error) => announcer.reject(error),
      owner,
    });
    const granted = recovery.grant(peer, hello, ended);
    const welcome = { id, token, pid: process.pid, version, recovery: granted };
    peer.guest = socket;
    if (this.middleware.length === 0) this.#welcome(peer, socket, meta, welcome);
    else void this.#askMiddleware(peer, socket, meta, welcome);
  }

  #judge(peer: ServerPeer, hello: Hello): Verdict<ServerPeer> {
    const { clients } = this.#parts.owner;
    return clients.claims.judge(hello, peer.credential, (id) => clients.get(id));
  }

  /** True if the session that the client has come back for goes on now. */
  #goesOn(former: ServerPeer, peer: ServerPeer, hello: Hello): boolean {
    const { recovery, peers, pending, version } = this.#parts;
    const { id = "", token = "" } = hello;
    const welcome = { id, token, pid: process.pid, version };
    if (!recovery.goOn(former, peer, hello, welcome)) return false;
    peers.delete(peer);
    pending.remove(peer);
    return true;
  }

  async #askMiddleware(
    peer: ServerPeer,
    socket: AnyServerSocket,
    meta: ClientMeta,
    welcome: Welcome,
  ): Promise<void> {
    const { announcer, pending, decisionTimeout, isOpen } = this.#parts;
    const isThere = (): boolean => peer.driver.session.phase === "accepting";
    pending.beginDecision(peer);
    const report = (error: ProtocolError): void => {
      // After the end of the server its listeners hear nothing more.
      if (isOpen()) announcer.reportSummed(error);
      else announcer.publish(error);
    };
    const exclusion = await runMiddleware(
      this.middleware,
      socket,
      meta,
      decisionTimeout,
      isThere,
      report,
    );
    pending.endDecision(peer);
    if (exclusion === undefined) {
      this.#welcome(peer, socket, meta, welcome);
      return;
    }
    setSocketState(socket, "over");
    if (exclusion instanceof RefusedError) peer.driver.turnAway(exclusion);
    else if (isThere()) peer.driver.refuse(exclusion);
    // The end of its session tells of no error of the middleware.
    else report(exclusion);
  }

  #welcome(peer: ServerPeer, socket: AnyServerSocket, meta: ClientMeta, welcome: Welcome): void {
    const { owner, peers, announcer, pending } = this.#parts;
    const { id } = meta;
    const { session } = peer.driver;
    const former = owner.clients.get(id);
    // The same client is back on a new connection: whatever the old one was about is over.
    if (former !== undefined && session.phase === "accepting") {
      former.driver.cutOff("replaced", "The same client has connected anew.");
      owner.clients.remove(id, former);
    }
    // It may have gone, or been sent away, or the server may have closed, while middleware was asked
    // or the former connection's listeners were told.
    if (session.phase !== "accepting") {
      setSocketState(socket, "over");
      return;
    }
    peer.socket = socket;
    owner.clients.add(id, peer);
    pending.accept(peer);
    session.accept(welcome, realTime.now());
    peers.welcome(peer);
    peer.driver.schedule();
    peer.holdForOneTurn();
    announcer.tellSession(socket);
    announcer.emit("connect", socket, { recovered: false });
    announcer.emit("connected", socket, meta);
  }
}
