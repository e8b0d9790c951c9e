import type { KeyObject } from "node:crypto";
import type { Hello } from "@ipc/protocol";
import type { Credential } from "../encryption.ts";

// Loaded by a server that starts: it costs a program some 10 ms on Node.js 24.
const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");

/** Ended sessions that are remembered: some 200 bytes each, and a kick's message. */
const rememberedSessions = 1_024;

/** The part of a session that decides about a claim to it. */
export interface ClaimedSession {
  readonly credential: Credential;
  /** Bytes read from its client, over all connections. */
  readonly receivedBytes: number;
}

/** The outcome of a session that is over, for a client that may not know of its end. */
export interface EndedSession {
  /** The messages received in it. */
  readonly received: number;
  /** True if the server has kicked the client. */
  readonly kicked: boolean;
  /** The message of the kick. */
  readonly message: string | undefined;
}

/** The issuer of ids and of the tokens that prove them: `ClientTokens`, or a model of it. */
export type Tokens = Pick<ClientTokens, "issueId" | "proves" | "tokenOf">;

/** The claim that a hello proves. */
export type HelloProof<S> =
  /** No claim is proved: the client gets a new id. */
  | { readonly proved: "nothing" }
  /** The token proves the id. `ended` is the outcome of the session that the client asks for, if that is over. */
  | { readonly proved: "id"; readonly id: string; readonly ended: EndedSession | undefined }
  /** The secret proves the session, which is open or parked. */
  | { readonly proved: "session"; readonly id: string; readonly session: S };

/** The secrets with which a session can be resumed. */
interface Secrets {
  readonly current: string;
  /** The secret that was used last, and the bytes that had been read by then. */
  readonly used?: { readonly secret: string; readonly receivedBytes: number };
}

/**
 * The ids of a server's clients: decides which client a hello is from, by its claim, its proof and the state of the
 * session that is claimed.
 *
 * ```
 *   claim, proof                        │ no session      │ open or parked       │ remembered as ended
 *   ────────────────────────────────────┼─────────────────┼──────────────────────┼────────────────────────
 *   none; an id, no token that proves it│ a new id        │ a new id             │ a new id
 *   an id, its token                    │ a new session   │ a new session, which │ a new session
 *                                       │ of that id      │ replaces that one    │ of that id
 *   the same, and another secret        │ the same        │ the same             │ the same
 *   the same, and the session's secret  │ the same        │ the session goes on  │ the client is told what
 *                                       │                 │ under the next secret│ had arrived, or the kick
 * ```
 *
 * A secret is random, given in a welcome, and used up by that of the next one. The one that was used
 * last is accepted until something more was read from the client: its welcome may have been cut off.
 * All of this holds under one credential: under another one the same secrets prove nothing.
 */
export class ClientIds<S extends ClaimedSession> {
  readonly #identity: Tokens;
  readonly #newSecret: () => string;
  readonly #secrets = new WeakMap<S, Secrets>();
  /** The last ended session of each id. */
  readonly #ended = new Map<string, EndedSession & { readonly secrets: Secrets }>();

  /** `newSecret` answers a text that cannot be guessed, another one at each call. */
  constructor(identity: Tokens, newSecret: () => string = randomText) {
    this.#identity = identity;
    this.#newSecret = newSecret;
  }

  /** Decides what a hello under a credential proves. `sessionOf` finds the session of an id, open or parked. */
  judge(
    { id, token, recovery }: Hello,
    credential: Credential,
    sessionOf: (id: string) => S | undefined,
  ): HelloProof<S> {
    if (id === undefined || !this.#identity.proves(id, token, credential)) {
      return { proved: "nothing" };
    }
    const secret = recovery?.session;
    if (secret === undefined) return { proved: "id", id, ended: undefined };
    const session = sessionOf(id);
    if (session !== undefined && session.credential === credential) {
      if (opens(this.#secrets.get(session), secret, session.receivedBytes)) {
        return { proved: "session", id, session };
      }
    }
    const ended = this.#ended.get(id);
    return { proved: "id", id, ended: opens(ended?.secrets, secret) ? ended : undefined };
  }

  /** Returns the id that a client has proved, or a new one, with its token. */
  identify(
    proof: HelloProof<S>,
    credential: Credential,
  ): { readonly id: string; readonly token: string } {
    const id = proof.proved === "nothing" ? this.#identity.issueId() : proof.id;
    return { id, token: this.#identity.tokenOf(id, credential) };
  }

  /** Makes the first secret of a session. */
  begin(session: S): string {
    const current = this.#newSecret();
    this.#secrets.set(session, { current });
    return current;
  }

  /**
   * Makes the next secret of a session and gives it to `goOn`. If that answers true, it replaces all but the one that
   * was used now.
   */
  rotate(session: S, secret: string, goOn: (next: string) => boolean): boolean {
    const current = this.#newSecret();
    if (!goOn(current)) return false;
    const { receivedBytes } = session;
    this.#secrets.set(session, { current, used: { secret, receivedBytes } });
    return true;
  }

  /** Keeps the outcome of a session that is over: its client may still come back for it. */
  remember(session: S, id: string, ended: EndedSession): void {
    const secrets = this.#secrets.get(session);
    if (secrets === undefined) return;
    this.#ended.delete(id);
    this.#ended.set(id, { ...ended, secrets });
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= rememberedSessions) return;
      this.#ended.delete(oldest);
    }
  }
}

/** Tells whether a secret is in force; of an ended session both are. */
function opens(secrets: Secrets | undefined, secret: string, receivedBytes?: number): boolean {
  if (secrets === undefined) return false;
  if (equalTexts(secrets.current, secret)) return true;
  const { used } = secrets;
  if (used === undefined || !equalTexts(used.secret, secret)) return false;
  return receivedBytes === undefined || receivedBytes === used.receivedBytes;
}

/** Separates the keys that are derived here from all other uses of the same secrets. */
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
 * password alone is not enough as the secret: all clients know it.
 */
export class ClientTokens {
  // A KeyObject: an HMAC under bytes makes one each time.
  readonly #secret: KeyObject;
  readonly #keys = new WeakMap<Credential, KeyObject>();

  /** `secret` is 32 random bytes that only the servers of this endpoint have. */
  constructor(secret: Uint8Array) {
    this.#secret = crypto().createSecretKey(secret);
  }

  /** Makes a fresh id. */
  issueId(): string {
    return randomText();
  }

  /** Returns the token of an id, which is a secret of that client. */
  tokenOf(id: string, credential: Credential): string {
    return crypto().createHmac("sha256", this.#keyOf(credential)).update(id).digest("base64url");
  }

  /** Tells whether a token proves an id. */
  proves(id: string, token: string | undefined, credential: Credential): boolean {
    if (token === undefined || !idPattern.test(id)) return false;
    return equalTexts(this.tokenOf(id, credential), token);
  }

  #keyOf(credential: Credential): KeyObject {
    let key = this.#keys.get(credential);
    if (key === undefined) {
      const mac = crypto().createHmac("sha256", this.#secret).update(label);
      mac.update(credential.key?.exportSecret(label) ?? Buffer.alloc(32));
      key = crypto().createSecretKey(mac.digest());
      this.#keys.set(credential, key);
    }
    return key;
  }
}

let ofTheProcess: Buffer | undefined;

/** Returns the secret of an address whose servers have no lasting one: it ends with the process. */
export function processSecret(address: string): Uint8Array {
  ofTheProcess ??= crypto().randomBytes(32);
  return crypto().createHmac("sha256", ofTheProcess).update(address).digest();
}

/** Returns 128 random bits as text. */
function randomText(): string {
  return crypto().randomBytes(16).toString("base64url");
}

/** Compares two secrets in a time that depends on their lengths only. */
function equalTexts(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
