import { Buffer } from "node:buffer";
import {
  defaultLimits,
  type Handshake,
  type HandshakeOptions,
  MessageEncoder,
  type SerializationChoice,
  serializationOf,
  type SessionLimits,
  type SessionOptions,
  type SlowConsumerPolicy,
  type StreamCarrier,
} from "../src/index.ts";
import { createSecurity, type SecurityOptions } from "../src/secure.ts";
import { Side } from "./recovery-side.ts";

export interface RecoveryPairOptions {
  readonly limits?: Partial<SessionLimits>;
  /** Milliseconds for which the server keeps a session; 0 for a server that keeps none. */
  readonly window?: number;
  readonly recovers?: boolean;
  readonly slowConsumer?: SlowConsumerPolicy;
  /** The passwords' side of each new connection. */
  readonly security?: (role: "client" | "server") => SecurityOptions;
  /** The serialization of both sides. */
  readonly serialization?: SerializationChoice;
  /** The stream carrier of a side. */
  readonly streams?: (role: "client" | "server") => StreamCarrier | undefined;
}

/** A client and a server whose session outlives its connections, over a link with a virtual clock. */
export class RecoveryPair {
  readonly client: Side;
  readonly server: Side;
  readonly window: number;
  now = 0;
  /** Heartbeats written so far. */
  pings = 0;
  readonly #options: RecoveryPairOptions;
  readonly #limits: SessionLimits;
  readonly #encoder: MessageEncoder;
  /** Bytes on their way to each side. */
  readonly #ways = { client: [] as Buffer[], server: [] as Buffer[] };

  constructor(options: RecoveryPairOptions = {}) {
    this.#options = options;
    this.window = options.window ?? 5_000;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#encoder = new MessageEncoder(this.#limits, serializationOf(options.serialization));
    this.client = new Side("client", this);
    this.server = new Side("server", this);
  }

  handshakeOptions(role: "client" | "server"): HandshakeOptions {
    const { recovers = true, security, streams } = this.#options;
    const recovery = recovers ? {} : undefined;
    return {
      role,
      limits: this.#limits,
      serialization: this.#encoder.serialization.name,
      hello: { name: "probe", recovery },
      features: streams?.(role) === undefined ? ["recovery"] : ["recovery", "streams"],
      security: security && createSecurity(security(role)),
      now: this.now,
    };
  }

  sessionOptions(role: "client" | "server", handshake: Handshake): SessionOptions {
    const { slowConsumer, streams } = this.#options;
    return {
      handshake,
      limits: this.#limits,
      encoder: this.#encoder,
      slowConsumer,
      streams: streams?.(role),
      now: this.now,
    };
  }

  /** True while there is a connection. */
  get connected(): boolean {
    return this.client.isConnected;
  }

  /** A new connection; nothing of the handshake has moved yet. */
  dial(): void {
    if (this.connected) this.cut();
    this.client.begin();
    this.server.begin();
    this.#collect();
  }

  /** A new connection, and everything that follows from it. */
  connect(): void {
    this.dial();
    this.settle();
  }

  /** Let both sides write what they have to say; nothing of it arrives yet. */
  write(): void {
    this.#collect();
  }

  /** Bytes that are on their way to a side. */
  pending(to: "client" | "server"): number {
    return this.#ways[to].reduce((sum, { length }) => sum + length, 0);
  }

  /** Let up to so many bytes arrive at a side as one chunk, and what they cause be written. */
  arrive(to: "client" | "server", most = Infinity): void {
    const way = this.#ways[to];
    const bytes = Buffer.concat(way.splice(0));
    const chunk = bytes.subarray(0, most);
    if (chunk.length < bytes.length) way.push(bytes.subarray(chunk.length));
    if (chunk.length > 0) this[to].feed(chunk);
    this.#collect();
  }

  /** Let everything arrive that is on its way, and what it causes. */
  settle(): void {
    this.#collect();
    while (this.connected && this.pending("client") + this.pending("server") > 0) {
      this.arrive("server");
      this.arrive("client");
    }
  }

  /** The connection is gone, with all that is on its way. */
  cut(): void {
    this.#ways.client.length = 0;
    this.#ways.server.length = 0;
    this.client.disconnect();
    this.server.disconnect();
  }

  /** Let time pass; deadlines are met each at its instant, and what they cause arrives at once. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (;;) {
      const next = Math.min(this.client.deadline, this.server.deadline);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.client.tick();
      this.server.tick();
      this.settle();
    }
    this.now = until;
  }

  #collect(): void {
    for (const side of [this.client, this.server]) {
      side.pump();
      const bytes = side.takeBytes();
      if (bytes.includes(`{"ping":0}`)) this.pings++;
      if (bytes.length > 0) this.#ways[side === this.client ? "server" : "client"].push(bytes);
    }
    if (this.client.isOver || this.server.isOver) this.#close();
  }

  // A side that is through closes the connection: what both have written still arrives.
  #close(): void {
    while (this.pending("client") + this.pending("server") > 0) {
      for (const to of ["client", "server"] as const) {
        const bytes = Buffer.concat(this.#ways[to].splice(0));
        if (bytes.length > 0) this[to].feed(bytes);
        const answer = this[to].takeBytes();
        if (answer.length > 0) this.#ways[to === "client" ? "server" : "client"].push(answer);
      }
    }
    this.client.disconnect();
    this.server.disconnect();
  }
}
