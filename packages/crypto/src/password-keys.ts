import { checkLimit } from "./check-options.ts";
import { cpaceGenerator, elligator2, lvCat } from "./cpace.ts";
import { CryptoError } from "./error.ts";
import { Initiator, Responder } from "./handshake.ts";
import { PasswordKey } from "./password-key.ts";
import { preparePassword, stretchPassword } from "./password.ts";
import { hash, hmac, randomBytes, takeSecret, type KeyObject } from "./primitives.ts";
import { RECORD_HEADER_BYTES } from "./record.ts";

/** Most bytes of a realm in UTF-8: any endpoint name or path. */
export const MAX_REALM_BYTES = 4096;

/** The most keys that are kept: more passwords and realms than one process uses, a few hundred bytes each. */
const DEFAULT_PASSWORD_KEYS = 16;

/** Most keys that may be kept: more would be a leak rather than a cache. */
const MAX_PASSWORD_KEYS = 65_536;

const SALT_LABEL = Buffer.from("ipc-crypto/1 salt", "latin1");
const CI_LABEL = Buffer.from("ipc-crypto/1", "latin1");
const NO_SID = Buffer.alloc(0);

/**
 * A bounded cache of password keys: each is computed once per password and realm, also when several
 * ask at the same time, and the least recently used one is dropped first.
 *
 *     salt = SHA-256(lv_cat("ipc-crypto/1 salt", realm))
 *     PRS  = PBKDF2-HMAC-SHA256(password, salt, 200000, 32)
 *     g    = CPace's generator for PRS, CI = lv_cat("ipc-crypto/1", realm), sid = ""
 *
 * Entries are found by an HMAC under a random key, so the cache keeps no password.
 */
export class PasswordKeys {
  readonly #limit: number;
  // Made with the first id: a program without a password does without OpenSSL's random numbers.
  #lookupKey: KeyObject | undefined;
  readonly #keys = new Map<string, Promise<PasswordKey>>();
  #warmed = false;

  /** `limit` is how many keys are kept, 1 to 65,536, 16 by default. Throws `IPC_LIMIT_INVALID`. */
  constructor(limit: number = DEFAULT_PASSWORD_KEYS) {
    this.#limit = checkLimit("limit", limit, 1, MAX_PASSWORD_KEYS);
  }

  /** The number of keys that are kept or being computed. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * The key of a password in a realm: about 40 ms of a pool thread the first time, at once afterwards.
   *
   * Rejects with `IPC_PASSWORD_INVALID` or `IPC_REALM_INVALID`.
   */
  async derive(password: string | Uint8Array, realm: string): Promise<PasswordKey> {
    const realmBytes = encodeRealm(realm);
    const passwordBytes = preparePassword(password);
    const id = this.#idOf(realmBytes, passwordBytes);
    const known = this.#keys.get(id);
    if (known) passwordBytes.fill(0);
    const key = known ?? this.#compute(passwordBytes, realm, realmBytes);
    this.#keys.delete(id);
    this.#keys.set(id, key);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= this.#limit) break;
      this.#keys.delete(oldest);
    }
    try {
      return await key;
    } catch (error) {
      if (this.#keys.get(id) === key) this.#keys.delete(id);
      throw error;
    }
  }

  /** Forgets every key; handshakes that already have theirs go on. */
  clear(): void {
    this.#keys.clear();
  }

  async #compute(password: Buffer, realm: string, realmBytes: Uint8Array): Promise<PasswordKey> {
    const stretching = stretchPassword(password, hash("sha256", lvCat(SALT_LABEL, realmBytes)));
    if (!this.#warmed) warmUp();
    this.#warmed = true;
    let prs: Buffer;
    try {
      prs = await stretching;
    } finally {
      password.fill(0);
    }
    const generator = cpaceGenerator(prs, lvCat(CI_LABEL, realmBytes), NO_SID);
    prs.fill(0);
    return new PasswordKey(realm, generator);
  }

  #idOf(realm: Uint8Array, password: Uint8Array): string {
    this.#lookupKey ??= takeSecret(randomBytes(32));
    const preimage = lvCat(realm, password);
    const id = hmac("sha256", this.#lookupKey, preimage).toString("base64");
    preimage.fill(0);
    return id;
  }
}

function encodeRealm(realm: string): Buffer {
  if (typeof realm !== "string") refuse("it is not a string");
  if (/\p{Surrogate}/u.test(realm)) refuse("it has half of a surrogate pair in it");
  const bytes = Buffer.from(realm, "utf8");
  if (bytes.length > MAX_REALM_BYTES) refuse(`it is longer than ${MAX_REALM_BYTES} bytes`);
  return bytes;
}

function refuse(reason: string): never {
  throw new CryptoError("IPC_REALM_INVALID", { reason });
}

const CLIENT = Buffer.from("client", "latin1");
const SERVER = Buffer.from("server", "latin1");

/**
 * Runs the map and one handshake with itself, for nothing but the time the first one costs.
 *
 * In a fresh process the map takes some 6 ms and the first handshake some 10 ms, later ones 0.3 ms
 * and 1 ms. While a thread of the pool computes PBKDF2, the event loop has nothing better to do.
 */
function warmUp(): void {
  const key = new PasswordKey("", elligator2(Buffer.alloc(32, 9)));
  const initiator = new Initiator(key);
  const responder = new Responder(key);
  const { flight, next } = responder.handleClientPreface({
    ownPreface: SERVER,
    peerPreface: CLIENT,
    peerShare: initiator.share,
  });
  const client = initiator
    .handleServerPreface({ ownPreface: CLIENT, peerPreface: SERVER, peerShare: responder.share })
    .handleServerFinished(flight.subarray(RECORD_HEADER_BYTES));
  const server = next.handleClientFinished(client.flight.subarray(RECORD_HEADER_BYTES));
  for (const record of client.sealer.seal(["warm"])) {
    server.opener.open(record.subarray(RECORD_HEADER_BYTES));
  }
}
