import { type Conversation, goOn } from "./conversation.ts";
import { encodeWelcome, type Welcome } from "../messages/hello.ts";
import type { RecoveryGrant } from "../messages/recovery.ts";

/** The terms on which a server lets a session go on. */
export interface Readmission {
  /** Messages that the client has received, on each lane from 0 on. */
  readonly received: readonly number[];
  /** The secret with which the client goes on the next time. */
  readonly session: string;
}

/** Server: a session, with what it has granted its client. */
export interface Reception extends Conversation {
  grant: RecoveryGrant | undefined;
  /** Read what the client has sent before it was accepted. */
  readEarly(now: number): void;
}

/** Begin the session of the client whose hello was delivered, if it is still there. */
export function acceptNew(begun: Reception, welcome: Welcome, now: number): void {
  const { lifecycle, parts } = begun;
  if (lifecycle.phase !== "accepting") return;
  const recovery = parts.connection.acknowledges ? welcome.recovery : undefined;
  parts.outbound.transmission.pushControl(encodeWelcome({ ...welcome, recovery }));
  begun.grant = recovery;
  parts.connection.clock.heard(now);
  lifecycle.open();
  begun.readEarly(now);
}

/** Let a parked session go on over the connection of its client. False, and nothing is changed, if it cannot. */
export function acceptBack(
  parked: Reception,
  begun: Reception,
  welcome: Omit<Welcome, "recovery">,
  { received, session }: Readmission,
): boolean {
  const { grant, parts } = parked;
  if (grant === undefined || parked.lifecycle.phase !== "parked") return false;
  // Events that a client sends before its welcome cannot belong to a session that goes on.
  if (begun.lifecycle.phase !== "accepting" || begun.parts.connection.messages.earlyBytes > 0) {
    return false;
  }
  const ours = parts.receipts.counts();
  const recovery = { ...grant, session, resumed: true, received: ours };
  const line = encodeWelcome({ ...welcome, recovery });
  if (!goOn(parked, begun, { theirs: received, ours, welcome: line })) return false;
  parked.grant = { ...grant, session };
  return true;
}
