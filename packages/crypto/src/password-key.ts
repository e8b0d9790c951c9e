import { KeyShare } from "./key-share.ts";
import {
  generateScalar,
  hmac,
  importPoint,
  importScalarForTesting,
  takeSecret,
  type KeyObject,
} from "./primitives.ts";

const EXPORTER_LABEL = Buffer.from("ipc-crypto/1 exporter", "latin1");

/**
 * The key of a password and a realm: CPace's generator, computed once and used by every handshake.
 *
 * It is as secret as the password, and is not shown: not by `util.inspect`, not as JSON.
 */
export class PasswordKey {
  /** The name both sides gave to what the password opens. */
  readonly realm: string;
  readonly #generator: KeyObject;
  readonly #exporter: KeyObject;
  #nextShare: KeyShare | undefined;

  /** Takes the generator's bytes and overwrites them. */
  constructor(realm: string, generator: Uint8Array) {
    this.realm = realm;
    this.#generator = importPoint(generator);
    this.#exporter = takeSecret(hmac("sha256", generator, EXPORTER_LABEL));
    generator.fill(0);
  }

  /** A fresh ephemeral share for one handshake: the one that was prepared, if there is one. */
  createKeyShare(): KeyShare {
    const share = this.#nextShare ?? this.#makeShare();
    this.#nextShare = undefined;
    return share;
  }

  /**
   * Makes the next share ahead, which is a good half of what a side has to compute before it can
   * answer. Call it when nothing is urgent, as after a handshake has begun. It serves one handshake only.
   */
  prepareKeyShare(): void {
    this.#nextShare ??= this.#makeShare();
  }

  /** A share of a known scalar, for test vectors only: with a known scalar passwords can be tested. */
  createKeyShareForTesting(scalar: Uint8Array): KeyShare {
    return new KeyShare(this.#generator, importScalarForTesting(scalar));
  }

  /**
   * 32 secret bytes for another purpose, which the label names: the same on every side that has the
   * password and the realm, and nothing that can be tested against the handshake's keys.
   *
   *     HMAC-SHA256(HMAC-SHA256(g, "ipc-crypto/1 exporter"), label)
   */
  exportSecret(label: string): Buffer {
    return hmac("sha256", this.#exporter, Buffer.from(label, "utf8"));
  }

  /** Text without the secret, for logs. */
  toString(): string {
    return `PasswordKey(${JSON.stringify(this.realm)})`;
  }

  /** JSON without the secret. */
  toJSON(): { realm: string } {
    return { realm: this.realm };
  }

  #makeShare(): KeyShare {
    return new KeyShare(this.#generator, generateScalar());
  }

  static {
    // Declared this way because isolated declarations allow no computed method name.
    Object.defineProperty(PasswordKey.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(this: PasswordKey): string {
        return this.toString();
      },
    });
  }
}
