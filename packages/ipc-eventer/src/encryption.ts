import { basename, isAbsolute } from "node:path";
import { randomBytes } from "node:crypto";
import { type PasswordKey, PasswordKeys } from "@ipc/crypto";
import type { HandshakePermit, SessionSecurity } from "@ipc/protocol";
import { realTime } from "@ipc/transport";

/** A password: text, or bytes of high entropy that are taken as they are. */
export type Password = string | Uint8Array;

// One cache for the process: servers and clients of one password and realm stretch it once.
const passwordKeys = new PasswordKeys();

/**
 * The protection of the connections of an endpoint: plaintext, or one password. An object stands for one
 * of them from the moment it is in force to the next change, and is compared by identity.
 */
export interface Credential {
  /** `undefined` in plaintext. */
  readonly key: PasswordKey | undefined;
}

/**
 * The password of one endpoint, stretched once and then forgotten.
 *
 * A change takes effect for connections made after it is ready; until then the former key serves.
 */
export class Encryption {
  readonly #realm: string;
  #inForce: Credential = { key: undefined };
  #pending: Promise<void> = Promise.resolve();
  /** Changes that were asked for, and the last one of them that is in force. */
  #changes = 0;
  #applied = 0;
  #changed: () => void = () => undefined;

  constructor(realm: string, password: Password | undefined) {
    this.#realm = realm;
    if (password !== undefined) this.set(password).catch(() => undefined);
  }

  /** The credential for a connection made now. */
  get inForce(): Credential {
    return this.#inForce;
  }

  /** Fulfilled when the last change is in force. Rejects with `IPC_PASSWORD_INVALID` or `IPC_REALM_INVALID`. */
  ready(): Promise<void> {
    return this.#pending;
  }

  /** Take a password into force; about 40 ms of a pool thread the first time. Rejects as `ready`. */
  set(password: Password): Promise<void> {
    this.#pending = this.#change(password, ++this.#changes);
    return this.#pending;
  }

  /** Let connections be plaintext from now on. */
  clear(): void {
    this.#pending = Promise.resolve();
    this.#apply(undefined, ++this.#changes);
  }

  /** Call a function whenever another credential has come into force; only the last one given is called. */
  hearChanges(changed: () => void): void {
    this.#changed = changed;
  }

  async #change(password: Password, change: number): Promise<void> {
    const key = await passwordKeys.derive(password, this.#realm);
    this.#apply(key, change);
  }

  #apply(key: PasswordKey | undefined, change: number): void {
    // A later change wins, whichever is ready first; one that was refused changes nothing.
    if (change < this.#applied) return;
    this.#applied = change;
    // The same password is no change: sessions under it can still go on.
    if (key === this.#inForce.key) return;
    this.#inForce = { key };
    this.#changed();
  }
}

/** The security of a session made now, `undefined` in plaintext. */
export function securityOf(
  { key }: Credential,
  permit?: HandshakePermit,
): SessionSecurity | undefined {
  if (key === undefined) return undefined;
  // The share of the next handshake is made while the peer of this one computes.
  realTime.setImmediate(prepareShare, key);
  return { key, random: randomBytes(32), permit };
}

// A shared function with the key as argument: no closure per session.
function prepareShare(key: PasswordKey): void {
  key.prepareKeyShare();
}

/**
 * The realm of an endpoint: its name as given, or the basename without `.sock` of an absolute path,
 * so that a socket reached through another folder or a proxy is still the same endpoint.
 */
export function realmOf(endpoint: string): string {
  return typeof endpoint === "string" && isAbsolute(endpoint)
    ? basename(endpoint, ".sock")
    : endpoint;
}

const encryptionCodes: ReadonlySet<string> = new Set([
  "IPC_AUTHENTICATION_FAILED",
  "IPC_PEER_IS_PLAINTEXT",
  "IPC_PEER_REQUIRES_PASSWORD",
  "IPC_RECORD_CORRUPT",
  "IPC_RECORD_SIZE",
  "IPC_RECORD_UNEXPECTED",
  "IPC_SHARE_INVALID",
]);

/** Tell whether an error is one of those that the event `encryption:error` tells too. */
export function isEncryptionError(code: string | undefined): boolean {
  return code !== undefined && encryptionCodes.has(code);
}
