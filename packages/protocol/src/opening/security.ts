import type { KeyShare, PasswordKey, RekeyPolicy } from "@ipc/crypto";

/** The keys and random bytes of a session with a password. Both sides of a connection have them, or neither. */
export interface SessionSecurity {
  /** The password and realm, stretched before the session exists. */
  readonly key: PasswordKey;
  /** 32 fresh random bytes for the preface. */
  readonly random: Uint8Array;
  /** Server: the permit to answer a client that has not proved the password yet; without one each is answered. */
  readonly permit?: HandshakePermit | undefined;
  /** When traffic keys are replaced. */
  readonly rekey?: RekeyPolicy | undefined;
  /** A known share for golden transcripts, for tests only. */
  readonly keyShareForTesting?: KeyShare | undefined;
}

/**
 * A permit to answer one client that has not proved the password, from the limiter that counts them: with the
 * answer it can test one password against it.
 */
export interface HandshakePermit {
  /** 0 if the client may be answered now, else the milliseconds after which to ask again. */
  take(now: number): number;
  /** The client has proved the password. */
  giveBack(): void;
}
