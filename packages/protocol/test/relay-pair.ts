import type { PartyOptions } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

/** The client that messages in a test are from. */
export const ada = { id: "AAEC", name: "Ada" };

/** A side that offers what goes from one client to another. */
export const relaying: PartyOptions = { features: ["relay"] };

/** Two open sessions that both offer it, unless said otherwise. */
export function relayPair(
  client: PartyOptions | undefined = relaying,
  server: PartyOptions | undefined = relaying,
): SessionPair {
  const pair = new SessionPair({ client, server });
  pair.settle();
  return pair;
}
