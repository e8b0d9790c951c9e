/** A library, or a hand-written stand-in for one, seen through what the cases need of it. */
export interface Contender {
  /** Why a feature is missing, in words for the table; a feature not named here works. */
  readonly cannot: Readonly<Partial<Record<Feature, string>>>;
  /** Listens on `path`; `serve` installs the cases' listeners before the first connection. */
  listen(path: string, serve: <Peer>(server: ServerEnd<Peer>) => void): Promise<void>;
  /** Connects to `path`; resolves when the first event can be sent. */
  dial(path: string): Promise<ClientEnd>;
}

/** A thing a case may need that not every library has. */
export type Feature = "binary";

/** The server of a contender; `Peer` is whatever the library calls one of its clients. */
export interface ServerEnd<Peer> {
  on(event: string, listener: (data: unknown, peer: Peer) => void): void;
  emit(peer: Peer, event: string, data: unknown): void;
}

/** The client of a contender. */
export interface ClientEnd {
  on(event: string, listener: (data: unknown) => void): void;
  /** False if the library asks its user to wait; then `onceDrained` says when to go on. */
  emit(event: string, data: unknown): boolean;
  onceDrained(listener: () => void): void;
}
