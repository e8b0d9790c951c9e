import type { EncodedCall, MessageEncoder } from "@ipc/protocol";
import { Claims } from "./claims.ts";
import type { Identity } from "./identity.ts";
import type { AnyServerSocket, ServerClients } from "../ipc-server-socket.ts";
import { sendEncoded } from "../ipc-socket.ts";
import { Rooms, type Target } from "../rooms/rooms.ts";
import { WriteRound } from "../driver/write-round.ts";
import type { Peer } from "../socket/peer.ts";

/** The owner of the clients of the moment: after each start of a server they are others. */
export interface ClientsOwner {
  readonly clients: Clients;
}

/** The clients that a server has welcomed, one connection for each id, and their rooms. */
export class Clients implements ServerClients {
  /** Judges which client a hello is from. */
  readonly claims: Claims<ServerPeer>;
  readonly #encoder: MessageEncoder;
  readonly #byId = new Map<string, ServerPeer>();
  readonly #rooms = new Rooms<AnyServerSocket>();
  readonly #round = new WriteRound();

  constructor(encoder: MessageEncoder, identity: Identity) {
    this.claims = new Claims(identity);
    this.#encoder = encoder;
  }

  get(id: string): ServerPeer | undefined {
    return this.#byId.get(id);
  }

  /** The sockets of all clients, at this moment. */
  get sockets(): readonly AnyServerSocket[] {
    const sockets: AnyServerSocket[] = [];
    for (const { socket } of this.#byId.values()) if (socket !== undefined) sockets.push(socket);
    return sockets;
  }

  /** The socket of an id, `undefined` if no session of it is open or parked. */
  socketOf(id: string): AnyServerSocket | undefined {
    return this.#byId.get(id)?.socket;
  }

  /** The sockets that a target means now. */
  of(target: Target): Iterable<AnyServerSocket> {
    if (typeof target === "string") return this.#rooms.membersOf(target);
    const socket = this.socketOf(target.id);
    return socket === undefined ? [] : [socket];
  }

  /** A client is welcome, and in the rooms that its middleware gave it. */
  add(id: string, peer: ServerPeer): void {
    this.#byId.set(id, peer);
    const { socket } = peer;
    if (socket !== undefined) for (const room of socket.rooms) this.#rooms.add(room, socket);
  }

  /** Forget a peer, whose session is over, and leave its rooms; false if its id belongs to another by now. */
  remove(id: string, peer: ServerPeer): boolean {
    if (this.#byId.get(id) !== peer) return false;
    const { socket } = peer;
    if (socket !== undefined) for (const room of socket.rooms) this.#rooms.remove(room, socket);
    return this.#byId.delete(id);
  }

  /** Take a socket into a room. One that is not welcome yet follows with `add`, one that is gone never. */
  join(room: string, socket: AnyServerSocket): void {
    if (this.socketOf(socket.id) === socket) this.#rooms.add(room, socket);
  }

  /** Take a socket out of a room. */
  leave(room: string, socket: AnyServerSocket): void {
    this.#rooms.remove(room, socket);
  }

  /** Send an event to these sockets, encoded once however many they are. Throws as `emit` does. */
  send(event: string, data: unknown, receivers: Iterable<AnyServerSocket>): void {
    const encoded = this.#encoder.encode(event, data);
    for (const socket of receivers) sendEncoded(socket, encoded, this.#round);
  }

  /** Send an event to all, or to all but one. Throws as `emit` does. */
  broadcast(event: string, data: unknown, except?: AnyServerSocket): void {
    const { sockets } = this;
    const receivers =
      except === undefined ? sockets : sockets.filter((socket) => socket !== except);
    this.send(event, data, receivers);
  }

  /** A call for any of the clients, encoded once. Throws as `emit` does. */
  encodeCall(event: string, data: unknown): EncodedCall {
    return this.#encoder.encodeCall(event, data);
  }
}

/** A peer of a server: a client, or a connection whose hello has not come yet. */
export type ServerPeer = Peer<AnyServerSocket>;
