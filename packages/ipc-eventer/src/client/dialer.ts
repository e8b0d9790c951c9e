import type { MessageEncoder, SessionLimits, Welcome } from "@ipc/protocol";
import { type Connection, realTime } from "@ipc/transport";
import { ClientIntroduction } from "./client-connection.ts";
import { type Credential, type Encryption, securityOf } from "../encryption.ts";
import type { AnySocket } from "../ipc-socket.ts";
import {
  encoderOf,
  type IPCClientOptions,
  limitsOf,
  slowConsumerOf,
  transportOf,
} from "../options.ts";
import { Peer, type PeerOwner } from "../socket/peer.ts";

/** Makes a client's connections to its endpoint, and begins a session over each. */
export class Dialer {
  readonly limits: SessionLimits;
  readonly #endpoint: string;
  readonly #options: Omit<IPCClientOptions, "password">;
  readonly #encryption: Encryption;
  readonly #introduction: ClientIntroduction;
  readonly #encoder: MessageEncoder;
  readonly #slowConsumer: ReturnType<typeof slowConsumerOf>;

  /** Throws `IPC_INVALID_OPTION`. */
  constructor(
    endpoint: string,
    name: string,
    options: Omit<IPCClientOptions, "password">,
    encryption: Encryption,
  ) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#encryption = encryption;
    this.limits = limitsOf(options);
    this.#slowConsumer = slowConsumerOf(options);
    this.#introduction = new ClientIntroduction(name, options.version);
    this.#encoder = encoderOf(options, this.limits);
  }

  /** Dial once. Rejects with the password's, the system's or the transport's error, or the signal's reason. */
  async dial(signal: AbortSignal): Promise<Connection> {
    await this.#encryption.ready();
    const { directory, owner } = this.#options;
    const timeout = this.limits.handshakeTimeout;
    return transportOf(this.#options).dial(this.#endpoint, { directory, owner, timeout, signal });
  }

  /** The protection of a connection made now. */
  get credential(): Credential {
    return this.#encryption.inForce;
  }

  /** Begin a session over a connection, which is to go on with a former one if that waits for it. */
  introduce(
    connection: Connection,
    owner: PeerOwner<AnySocket>,
    former: Peer<AnySocket> | undefined,
  ): Peer<AnySocket> {
    const { inForce } = this.#encryption;
    const security = securityOf(inForce);
    // Events emitted under one credential are not sent under another.
    const waits = former?.credential === inForce ? former.driver.session : undefined;
    const options = {
      role: "client",
      limits: this.limits,
      encoder: this.#encoder,
      security,
      slowConsumer: this.#slowConsumer,
      recovers: this.#options.reconnect === true,
      former: waits,
      hello: this.#introduction.hello(inForce),
      now: realTime.now(),
    } as const;
    return new Peer(connection, options, inForce, owner);
  }

  /** Keep what a server has given, to be known by at the next dial. */
  keep(welcome: Welcome, credential: Credential): void {
    this.#introduction.keep(welcome, credential);
  }
}
