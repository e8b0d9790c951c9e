import type { Hello } from "@ipc/protocol";
import type { Credential } from "../encryption.ts";
import { equalTexts, type Identity, randomText } from "./identity.ts";

/** Ended sessions that are remembered: some 200 bytes each, and a kick's message. */
const rememberedSessions = 1_024;

/** A session of a server, as far as a claim to it is concerned. */
export interface ClaimedSession {
  readonly credential: Credential;
  /** Bytes read of its client, over all connections. */
  readonly receivedBytes: number;
}

/** The memory of a session whose client may not know that it is over. */
export interface Ended {
  /** The messages received in it. */
  readonly received: number;
  /** True if the client was sent away. */
  readonly kicked: boolean;
  /** The text that it was told then. */
  readonly message: string | undefined;
}

/** Gives ids, and the tokens that prove them. */
export type Tokens = Pick<Identity, "issueId" | "proves" | "tokenOf">;

/** The proof in a hello. */
export type Verdict<S> =
  /** Nothing was claimed, or nothing was proved: the client gets an id of its own. */
  | { readonly proved: "nothing" }
  /** The token proves the id. `ended` is the session that the client has come back for, if that is over. */
  | { readonly proved: "id"; readonly id: string; readonly ended: Ended | undefined }
  /** The secret proves the session, which is open or parked. */
  | { readonly proved: "session"; readonly id: string; readonly session: S };

/** The secrets with which a session can be taken up. */
interface Secrets {
  readonly current: string;
  /** The one that was used last, and what had been read by then. */
  readonly used?: { readonly secret: string; readonly receivedBytes: number };
}

/**
 * Judges which client a hello is from: claim × proof × what the server knows of the owner.
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
 * last is honoured until something more was read of the client: its welcome may have been cut off.
 * All of this holds under one credential: under another one the same words prove nothing.
 */
export class Claims<S extends ClaimedSession> {
  readonly #identity: Tokens;
  readonly #newSecret: () => string;
  readonly #secrets = new WeakMap<S, Secrets>();
  /** By the client's id; the last one of each. */
  readonly #ended = new Map<string, Ended & { readonly secrets: Secrets }>();

  /** `newSecret` gives another text at each call that cannot be guessed. */
  constructor(identity: Tokens, newSecret: () => string = randomText) {
    this.#identity = identity;
    this.#newSecret = newSecret;
  }

  /** Judge a hello that has come under a credential. `sessionOf` finds the session of an id, open or parked. */
  judge(
    { id, token, recovery }: Hello,
    credential: Credential,
    sessionOf: (id: string) => S | undefined,
  ): Verdict<S> {
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

  /** The id and the token of a client: of the id that it has proved, or of a new one. */
  identify(
    verdict: Verdict<S>,
    credential: Credential,
  ): { readonly id: string; readonly token: string } {
    const id = verdict.proved === "nothing" ? this.#identity.issueId() : verdict.id;
    return { id, token: this.#identity.tokenOf(id, credential) };
  }

  /** The first secret of a session that begins. */
  begin(session: S): string {
    const current = this.#newSecret();
    this.#secrets.set(session, { current });
    return current;
  }

  /**
   * The next secret of a session. It is in force once `goOn` answers true, to which it is given, in
   * the place of all but the one that was used now.
   */
  rotate(session: S, secret: string, goOn: (next: string) => boolean): boolean {
    const current = this.#newSecret();
    if (!goOn(current)) return false;
    const { receivedBytes } = session;
    this.#secrets.set(session, { current, used: { secret, receivedBytes } });
    return true;
  }

  /** Remember a session that is over, for its client may still come back for it. */
  remember(session: S, id: string, ended: Ended): void {
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

/** Tell whether a secret is one of those that are in force; of an ended session both are. */
function opens(secrets: Secrets | undefined, secret: string, receivedBytes?: number): boolean {
  if (secrets === undefined) return false;
  if (equalTexts(secrets.current, secret)) return true;
  const { used } = secrets;
  if (used === undefined || !equalTexts(used.secret, secret)) return false;
  return receivedBytes === undefined || receivedBytes === used.receivedBytes;
}
