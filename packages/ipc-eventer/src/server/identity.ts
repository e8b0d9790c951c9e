import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";

const idPattern = /^[A-Za-z0-9_-]{22}$/;

/**
 * Issues client ids and the tokens that prove them, for one start of a server.
 *
 * An id is 128 random bits. Its token is an HMAC-SHA256 under a key that lives as long as this
 * object, with a mark of the key's epoch, so that a server that was restarted knows that it cannot
 * judge an older token.
 */
export class Identity {
  // A KeyObject: an HMAC under bytes makes one each time.
  readonly #key = createSecretKey(randomBytes(32));
  readonly #epoch = randomBytes(6).toString("base64url");
  /** The token that was asked for last: a client that comes back is asked after several times. */
  #last = { id: "", generation: -1, token: "" };

  /** A fresh id. */
  issueId(): string {
    return randomBytes(16).toString("base64url");
  }

  /**
   * The token of an id. Secret: it belongs to that client alone. It is bound to the password in
   * force, whose mark `generation` is.
   */
  tokenOf(id: string, generation: number): string {
    if (this.#last.id === id && this.#last.generation === generation) return this.#last.token;
    const mac = createHmac("sha256", this.#key).update(`${id}.${generation}`).digest("base64url");
    const token = `${this.#epoch}.${mac}`;
    this.#last = { id, generation, token };
    return token;
  }

  /**
   * What a presented id is worth: `proven` with its token, `unknown` with a token of an earlier
   * start, `invalid` otherwise.
   */
  judge(
    id: string,
    token: string | undefined,
    generation: number,
  ): "proven" | "unknown" | "invalid" {
    if (!idPattern.test(id) || token === undefined) return "invalid";
    if (!token.startsWith(`${this.#epoch}.`)) return "unknown";
    const expected = Buffer.from(this.tokenOf(id, generation));
    const presented = Buffer.from(token);
    const equal = expected.length === presented.length && timingSafeEqual(expected, presented);
    return equal ? "proven" : "invalid";
  }
}
