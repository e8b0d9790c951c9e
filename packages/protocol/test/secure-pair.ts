import { Buffer } from "node:buffer";
import { type KeyShare, type PasswordKey, PasswordKeys } from "@ipc/crypto";
import type { Role } from "../src/index.ts";
import type { SecurityOptions } from "../src/secure.ts";
import { Party, type PartyOptions } from "./party.ts";
import { SessionPair, type SessionPairOptions } from "./session-pair.ts";

/** One cache for a test file, so that each password is stretched once. */
const passwordKeys = new PasswordKeys();

/** The key of a password, in the realm of these tests unless another is named. */
export function keyOf(password = "correct horse", realm = "printer"): Promise<PasswordKey> {
  return passwordKeys.derive(password, realm);
}

const scalars = { client: 0x11, server: 0x33 } as const;
const randoms = { client: 0xc1, server: 0x5e } as const;

/** The security of a side that says the same bytes in every run. */
export function knownSecurity(
  role: Role,
  key: PasswordKey,
  share: KeyShare = knownShare(role, key),
): SecurityOptions {
  return { key, random: Buffer.alloc(32, randoms[role]), keyShareForTesting: share };
}

/** The share of a known scalar. */
export function knownShare(role: Role, key: PasswordKey): KeyShare {
  return key.createKeyShareForTesting(Buffer.alloc(32, scalars[role]));
}

export interface SecurePartyOptions extends PartyOptions {
  readonly security: SecurityOptions;
}

/** A party whose session has a password. */
export class SecureParty extends Party {
  /** The code of the error that ended the session, `undefined` while there is none. */
  get errorCode(): unknown {
    const error = this.end?.error;
    return error !== undefined && "code" in error ? error.code : undefined;
  }
}

export interface SecurePairOptions extends SessionPairOptions {
  readonly client: SecurePartyOptions;
  readonly server: SecurePartyOptions;
}

/** A client and a server session with passwords over a simulated link with a virtual clock. */
export class SecurePair extends SessionPair {
  override readonly client: SecureParty;
  override readonly server: SecureParty;

  constructor(options: SecurePairOptions) {
    super(options);
    this.client = new SecureParty("client", { hello: { name: "probe" }, ...options.client });
    this.server = new SecureParty("server", options.server);
  }
}

/** The options of a pair that says the same bytes in every run. */
export function knownPair(key: PasswordKey): SecurePairOptions {
  return {
    client: { security: knownSecurity("client", key) },
    server: { security: knownSecurity("server", key) },
  };
}
