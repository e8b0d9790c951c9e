/**
 * The reserved names under which messages go from one client to another, through the server:
 *
 * ```
 *   client ── ipc:to [id,event,data] ──────────> server ── ipc:from [id,name,event,data] ──> client
 *   client <── ipc:not-relayed [id,event,code,why] ── server
 * ```
 *
 * The first two are names of events and of calls, the third is one of events.
 */
export type RelayName = "ipc:to" | "ipc:from" | "ipc:not-relayed";

/** A message under such a name. */
export interface Envelope {
  readonly name: RelayName;
  /** The name under which the application knows it; of a notice its reserved name. */
  readonly event: string;
  readonly parts: readonly unknown[];
}
