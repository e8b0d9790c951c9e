import type { SessionSecurity } from "./wire/opening.ts";
import { SecureOpening, type SecurityOptions } from "./wire/secure-opening.ts";

/** The security of one session, whose connections begin with a proof of the password on both sides. */
export function createSecurity(options: SecurityOptions): SessionSecurity {
  return { open: (role, offer, say) => new SecureOpening(role, offer, options, say) };
}

export type { HandshakePermit, SecurityOptions } from "./wire/secure-opening.ts";
