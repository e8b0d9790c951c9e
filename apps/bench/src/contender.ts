/**
 * A library, or a hand-written stand-in for one: what a file in `contenders/` exports as `entry`.
 *
 * Every process reads all entries, but only the contender's own processes load the library.
 */
export interface Entry {
  readonly name: string;
  /** The position in the tables: the reference and the floors first, ours last. */
  readonly kind: "reference" | "floor" | "peer" | "ours";
  /** The modules that a program imports to use it, for the cases that measure that. Empty: same as another. */
  readonly imports: readonly string[];
  /** The npm package whose version is told; none if written by hand. */
  readonly package?: string;
  /** The oldest Node.js that runs it, if that is newer than what ipc-eventer needs: major, minor. */
  readonly node?: readonly [number, number];
  /** Why a feature is missing, in words for the table; a feature not named here works. */
  readonly cannot: Readonly<Partial<Record<Feature, string>>>;
  load(): Promise<Contender>;
}

/** A thing a case may need that not every library has. */
export type Feature = "events" | "calls" | "binary" | "broadcast" | "crowd";

/** The way in which a contender listens and makes clients. */
export interface Contender {
  /** Listens on `path`; `serve` installs the cases' listeners before the first connection. */
  listen(path: string, serve: Serve): Promise<void>;
  /** A client of the server at `path`, not connected yet. */
  client(path: string): Client;
}

/** Installs the listeners of the cases on a server. */
export type Serve = <Peer>(server: Server<Peer>) => void;

/** The server of a contender; `Peer` is whatever the library calls one of its clients. */
export interface Server<Peer> {
  on(event: string, listener: (data: unknown, peer: Peer) => void): void;
  emit(peer: Peer, event: string, data: unknown): void;
  /** Answers calls. */
  handle(event: string, handler: (data: unknown) => unknown): void;
  /** Sends an event to all clients, each of which has done `hear`. */
  broadcast(event: string, data: unknown): void;
}

/** A client of a contender. */
export interface Client {
  /** Resolves when the first event can be sent. After `disconnect` it connects anew. */
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** Adds a listener, which outlives connections; before the first `connect`. */
  on(event: string, listener: (data: unknown) => void): void;
  /** Adds a listener of broadcasts, once connected; resolves when it will miss none. */
  hear(event: string, listener: (data: unknown) => void): Promise<void>;
  /** False if the library asks its user to wait; then `onceDrained` says when to go on. */
  emit(event: string, data: unknown): boolean;
  onceDrained(listener: () => void): void;
  /** Makes a call and resolves with its reply. */
  invoke(event: string, data: unknown): Promise<unknown>;
  /** Makes a call with bytes as a stream, if the library has streams, and resolves with its reply. */
  invokeStream?(event: string, bytes: Uint8Array): Promise<unknown>;
  /** Processor time of a server that is the client's own child, in microseconds. */
  serverCpuTime?(): Promise<number>;
}
