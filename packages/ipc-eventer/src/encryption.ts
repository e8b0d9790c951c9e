import { basename, isAbsolute } from "node:path";
import type { PasswordKey } from "@ipc/crypto";
import { isBytes, type SessionSecurity } from "@ipc/protocol";
import type { HandshakePermit } from "@ipc/protocol/secure";

/** A password: text, or bytes of high entropy that are taken as they are. */
export type Password = string | Uint8Array;

/** The code of encryption, which is loaded with the first password. */
export type EncryptionCode = typeof import("./encryption-code.ts");

/**
 * The protection of the connections of an endpoint: plaintext, or one password. An object stands for one
 * of them from the moment it is in force to the next change, and is compared by identity.
 */
export interface Credential {
  /** `undefined` in plaintext. */
  readonly key: PasswordKey | undefined;
  /** The code that the key is for. */
  readonly code?: EncryptionCode;
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
    // The caller may use its bytes for something else meanwhile.
    const own = isBytes(password) ? Uint8Array.from(password) : password;
    const code = await import("./encryption-code.ts");
    try {
      this.#apply(await code.deriveKey(own, this.#realm), change, code);
    } finally {
      if (isBytes(own)) own.fill(0);
    }
  }

  #apply(key: PasswordKey | undefined, change: number, code?: EncryptionCode): void {
    // A later change wins, whichever is ready first; one that was refused changes nothing.
    if (change < this.#applied) return;
    this.#applied = change;
    // The same password is no change: sessions under it can still go on.
    if (key === this.#inForce.key) return;
    this.#inForce = code === undefined ? { key } : { key, code };
    this.#changed();
  }
}

/** The security of a session made now, `undefined` in plaintext. */
export function securityOf(
  { key, code }: Credential,
  permit?: HandshakePermit,
): SessionSecurity | undefined {
  return key && code?.secure(key, permit);
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
