import { basename, isAbsolute } from "node:path";
import { randomBytes } from "node:crypto";
import { type PasswordKey, PasswordKeys } from "@ipc/crypto";
import type { HandshakePermit, SessionSecurity } from "@ipc/protocol";
import { realTime } from "@ipc/transport";

/** What a password may be: text, or bytes of high entropy that are taken as they are. */
export type Password = string | Uint8Array;

// One cache for the process: servers and clients of one password and realm stretch it once.
const passwordKeys = new PasswordKeys();

/** The key in force, and a mark that changes with it. */
export interface KeyInForce {
  /** `undefined` in plaintext. */
  readonly key: PasswordKey | undefined;
  /** Counts the changes of password of one endpoint. */
  readonly generation: number;
}

/**
 * The password of one endpoint, stretched once and then forgotten.
 *
 * A change takes effect for connections made after it is ready; until then the former key serves.
 */
export class Encryption {
  readonly #realm: string;
  #inForce: KeyInForce = { key: undefined, generation: 0 };
  #pending: Promise<void> = Promise.resolve();
  #changes = 0;

  constructor(realm: string, password: Password | undefined) {
    this.#realm = realm;
    if (password !== undefined) this.set(password).catch(() => undefined);
  }

  /** The key for a connection made now. */
  get inForce(): KeyInForce {
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
    const change = ++this.#changes;
    this.#inForce = { key: undefined, generation: change };
    this.#pending = Promise.resolve();
  }

  async #change(password: Password, change: number): Promise<void> {
    const key = await passwordKeys.derive(password, this.#realm);
    // A later change wins, whichever is ready first; one that was refused changes nothing.
    if (change > this.#inForce.generation) this.#inForce = { key, generation: change };
  }
}

/** The security of a session made now, `undefined` in plaintext. */
export function securityOf(
  { key }: KeyInForce,
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
