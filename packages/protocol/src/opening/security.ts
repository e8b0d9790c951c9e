import type { KeyShare, PasswordKey, RekeyPolicy } from "@ipc/crypto";

/** What a session with a password needs. Both sides of a connection have one, or neither. */
export interface SessionSecurity {
  /** The password and realm, stretched before the session exists. */
  readonly key: PasswordKey;
  /** 32 fresh random bytes for the preface. */
  readonly random: Uint8Array;
  /** Server: leave to answer a stranger; without one every stranger is answered. */
  readonly permit?: HandshakePermit | undefined;
  /** When traffic keys are replaced. */
  readonly rekey?: RekeyPolicy | undefined;
  /** A known share for golden transcripts, for tests only. */
  readonly keyShareForTesting?: KeyShare | undefined;
}

/**
 * Leave to answer one stranger, from whoever counts them: whoever has our answer can test one
 * password against it.
 */
export interface HandshakePermit {
  /** 0 if the stranger may be answered now, else the milliseconds after which to ask again. */
  take(now: number): number;
  /** The stranger has proved the password. */
  giveBack(): void;
}
