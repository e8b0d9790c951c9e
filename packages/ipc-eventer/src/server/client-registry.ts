import type { EncodedCall, MessageEncoder } from "@ipc/protocol";
import { ClientIds, type Tokens } from "./client-ids.ts";
import type { AnyServerSocket, ServerClients } from "../ipc-server-socket.ts";
import { sendEncoded } from "../ipc-socket.ts";
import { Rooms, type Target } from "./rooms.ts";
import { WriteRound } from "../driver/write-round.ts";
import type { Peer } from "../socket/peer.ts";

/** The owner of a registry, which each start of a server replaces. */
export interface ClientRegistryOwner {
  readonly clients: ClientRegistry;
}

/** The clients that a server has welcomed, one session for each id, and their rooms. */
export class ClientRegistry implements ServerClients {
  readonly ids: ClientIds<ServerPeer>;
  readonly #encoder: MessageEncoder;
  readonly #byId = new Map<string, ServerPeer>();
  readonly #rooms = new Rooms<AnyServerSocket>();
  readonly #round = new WriteRound();

  constructor(encoder: MessageEncoder, tokens: Tokens) {
    this.ids = new ClientIds(tokens);
    this.#encoder = encoder;
  }

  get(id: string): ServerPeer | undefined {
    return this.#byId.get(id);
  }

  /** The sockets of all clients at this moment. */
  get sockets(): readonly AnyServerSocket[] {
    const sockets: AnyServerSocket[] = [];
    for (const { socket } of this.#byId.values()) if (socket !== undefined) sockets.push(socket);
    return sockets;
  }

  /** Returns the socket of an id, `undefined` if no session of it is open or parked. */
  socketOf(id: string): AnyServerSocket | undefined {
    return this.#byId.get(id)?.socket;
  }

  /** Returns the sockets that a target names at this moment. */
  of(target: Target): Iterable<AnyServerSocket> {
    if (typeof target === "string") return this.#rooms.membersOf(target);
    const socket = this.socketOf(target.id);
    return socket === undefined ? [] : [socket];
  }

  /** Adds a welcomed client, and puts it in the rooms that its middleware has chosen. */
  add(id: string, peer: ServerPeer): void {
    this.#byId.set(id, peer);
    const { socket } = peer;
    if (socket !== undefined) for (const room of socket.rooms) this.#rooms.add(room, socket);
  }

  /** Removes a peer whose session is over from its id and its rooms; false if the id belongs to another by now. */
  remove(id: string, peer: ServerPeer): boolean {
    if (this.#byId.get(id) !== peer) return false;
    const { socket } = peer;
    if (socket !== undefined) for (const room of socket.rooms) this.#rooms.remove(room, socket);
    return this.#byId.delete(id);
  }

  /** Adds a socket to a room. A socket that is not welcomed yet follows with `add`; one whose session is over never does. */
  join(room: string, socket: AnyServerSocket): void {
    if (this.socketOf(socket.id) === socket) this.#rooms.add(room, socket);
  }

  /** Removes a socket from a room. */
  leave(room: string, socket: AnyServerSocket): void {
    this.#rooms.remove(room, socket);
  }

  /** Sends an event to these sockets, encoded once. Throws as `emit` does. */
  send(event: string, data: unknown, receivers: Iterable<AnyServerSocket>): void {
    sendEncoded(this.#encoder.encode(event, data), receivers, this.#round);
  }

  /** Sends an event to all, or to all but one. Throws as `emit` does. */
  broadcast(event: string, data: unknown, except?: AnyServerSocket): void {
    const { sockets } = this;
    const receivers =
      except === undefined ? sockets : sockets.filter((socket) => socket !== except);
    this.send(event, data, receivers);
  }

  /** Encodes a call once, for any number of clients. Throws as `emit` does. */
  encodeCall(event: string, data: unknown): EncodedCall {
    return this.#encoder.encodeCall(event, data);
  }
}

/** A peer of a server: a client, from its hello on. */
export type ServerPeer = Peer<AnyServerSocket>;
