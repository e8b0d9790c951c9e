import type { ServerPeer } from "../server/server-peer.ts";

/** Why a server passes nothing on without having tried. */
export type RelayRefusal = "IPC_RELAY_REFUSED" | "IPC_UNKNOWN_CLIENT";

/** One message on its way from a client to another one. It has one of these ends; none throws. */
export interface Parcel {
  /** Bytes, or nearly. */
  readonly size: number;
  /** Pass it on. */
  deliver(to: ServerPeer): void;
  /** Tell the sender why it is not passed on. */
  refuse(code: RelayRefusal, why?: string): void;
  /** Tell the sender of an error that keeps it from being passed on. */
  fail(error: unknown): void;
}
