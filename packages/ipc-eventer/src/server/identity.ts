import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { Credential } from "../encryption.ts";

/** Tells the purpose of what is derived here from all other uses of the same secrets. */
const label = "ipc-eventer/1 client ids";

const idPattern = /^[A-Za-z0-9_-]{22}$/;

/**
 * Issues client ids and the tokens that prove them.
 *
 * ```
 *   key   = HMAC-SHA256(secret, label | credential)
 *   token = base64url(HMAC-SHA256(key, id))
 *   credential = 32 bytes exported from the password's key, or 32 zero bytes in plaintext
 * ```
 *
 * An id is 128 random bits and proves nothing. A token proves one id, at servers that have
 * the same secret and the same credential: after a restart too, if the secret has lasted. The
 * password alone would not do as the secret: all clients know it.
 */
export class Identity {
  // A KeyObject: an HMAC under bytes makes one each time.
  readonly #secret: KeyObject;
  readonly #keys = new WeakMap<Credential, KeyObject>();

  /** `secret` is 32 random bytes that only the servers of this endpoint know. */
  constructor(secret: Uint8Array) {
    this.#secret = createSecretKey(secret);
  }

  /** A fresh id. */
  issueId(): string {
    return randomText();
  }

  /** The token of an id. Secret: it belongs to that client alone. */
  tokenOf(id: string, credential: Credential): string {
    return createHmac("sha256", this.#keyOf(credential)).update(id).digest("base64url");
  }

  /** Tell whether a token proves an id. */
  proves(id: string, token: string | undefined, credential: Credential): boolean {
    if (token === undefined || !idPattern.test(id)) return false;
    return equalTexts(this.tokenOf(id, credential), token);
  }

  #keyOf(credential: Credential): KeyObject {
    let key = this.#keys.get(credential);
    if (key === undefined) {
      const mac = createHmac("sha256", this.#secret).update(label);
      mac.update(credential.key?.exportSecret(label) ?? Buffer.alloc(32));
      key = createSecretKey(mac.digest());
      this.#keys.set(credential, key);
    }
    return key;
  }
}

let ofTheProcess: Buffer | undefined;

/** The secret of the servers of an address without one that outlasts them: it ends with the process. */
export function processSecret(address: string): Uint8Array {
  ofTheProcess ??= randomBytes(32);
  return createHmac("sha256", ofTheProcess).update(address).digest();
}

/** 128 random bits as text. */
export function randomText(): string {
  return randomBytes(16).toString("base64url");
}

/** Compare two secrets; the time depends on their lengths only. */
export function equalTexts(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
