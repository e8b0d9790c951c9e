import { Exchange } from "./exchange.ts";
import { Inbound } from "./inbound.ts";
import { Inbox } from "./inbox.ts";
import { type MessageListener, MessageReader } from "./message-reader.ts";
import { Outbound } from "./outbound.ts";
import { PlainOpening } from "./plain-opening.ts";
import { SecureOpening } from "./secure-opening.ts";
import { SessionClock } from "./session-clock.ts";
import type { SessionOptions } from "./session-options.ts";

/** The machines of a session that begin and end with it. */
export interface SessionParts {
  readonly clock: SessionClock;
  readonly inbox: Inbox;
  readonly messages: MessageReader;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly exchange: Exchange;
}

/** The machines of one new session, joined to each other. */
export function joinParts(options: SessionOptions, listener: MessageListener): SessionParts {
  const { role, limits, encoder, security, now } = options;
  const inbox = new Inbox();
  const clock = new SessionClock(limits, now);
  const outbound = new Outbound(limits, encoder);
  const exchange = new Exchange(encoder, outbound, inbox, limits.maxCalls);
  const messages = new MessageReader(limits, inbox, listener);
  const say = (bytes: string | Uint8Array): void => outbound.pushClear(bytes);
  const opening =
    security === undefined
      ? new PlainOpening(role, limits, say)
      : new SecureOpening(role, limits, security, say);
  const inbound = new Inbound(opening, messages);
  return { clock, inbox, messages, inbound, outbound, exchange };
}
