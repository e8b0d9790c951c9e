import {
  clientPreface,
  openServer,
  type Party,
  type PartyOptions,
  serverPreface,
} from "./party.ts";

/** The features that these parties offer. */
export const features = ["recovery"] as const;
const offering = `"features":${JSON.stringify(features)}}\n`;
export const offeringClient = clientPreface.replace("}\n", `,${offering}`);
export const offeringServer = serverPreface.replace("}\n", `,${offering}`);

/** A server whose client offers all, open. */
export function server(options: PartyOptions = {}): Party {
  return openServer({ features, ...options }, offeringClient);
}

/** The code of the error that ends the session, once its connection is gone. */
export function codeOf(party: Party): unknown {
  party.disconnect();
  return (party.end?.error as { code?: unknown } | undefined)?.code;
}
