import type { EventEncoder, Hello, Welcome } from "@ipc/protocol";
import { Identity } from "./identity.ts";
import type { AnyServerSocket } from "./ipc-server-socket.ts";
import { sendEncoded } from "./ipc-socket.ts";
import type { Peer } from "./peer.ts";

type ServerPeer = Peer<AnyServerSocket>;

/** The clients that a server has welcomed, one connection for each id. */
export class Clients {
  readonly #encoder: EventEncoder;
  readonly #identity = new Identity();
  readonly #byId = new Map<string, ServerPeer>();
  readonly #reserved = new Set<string>();

  constructor(encoder: EventEncoder) {
    this.#encoder = encoder;
  }

  get(id: string): ServerPeer | undefined {
    return this.#byId.get(id);
  }

  [Symbol.iterator](): IterableIterator<ServerPeer> {
    return this.#byId.values();
  }

  /**
   * The id and token for a client, from what it says it was. An id is kept if its token proves it,
   * or if the token is of an earlier start of the server and nobody has the id now. `generation` is
   * the mark of the password that the session is under.
   */
  identify(hello: Hello, generation: number): Pick<Welcome, "id" | "token"> {
    const id = this.#keeps(hello, generation) ? (hello.id ?? "") : this.#identity.issueId();
    return { id, token: this.#identity.tokenOf(id, generation) };
  }

  /** Keep an id for a client that is not welcome yet. */
  reserve(id: string): void {
    this.#reserved.add(id);
  }

  /** It is decided. */
  unreserve(id: string): void {
    this.#reserved.delete(id);
  }

  add(id: string, peer: ServerPeer): void {
    this.#byId.set(id, peer);
  }

  /** Forget a peer; false if its id belongs to another by now. */
  remove(id: string, peer: ServerPeer): boolean {
    return this.#byId.get(id) === peer && this.#byId.delete(id);
  }

  /** Send an event to all but one, encoded once however many receive it. Throws as `emit` does. */
  broadcast(event: string, data: unknown, except?: AnyServerSocket): void {
    const encoded = this.#encoder.encode(event, data);
    for (const { socket } of this.#byId.values()) {
      if (socket !== undefined && socket !== except) sendEncoded(socket, encoded);
    }
  }

  #keeps({ id, token }: Hello, generation: number): boolean {
    if (id === undefined) return false;
    const worth = this.#identity.judge(id, token, generation);
    return (
      worth === "proven" || (worth === "unknown" && !this.#byId.has(id) && !this.#reserved.has(id))
    );
  }
}
