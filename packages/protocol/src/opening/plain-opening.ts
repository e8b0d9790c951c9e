import type { Opened, Opening, Say } from "./opening.ts";
import { encodePreface, type Offer, parsePreface, type Refusal, type Role } from "./preface.ts";
import { PrefaceReader } from "./preface-reader.ts";

/** The exchange of prefaces without a password. */
export class PlainOpening implements Opening {
  readonly retryAt: number = Infinity;
  readonly #role: Role;
  readonly #offer: Offer;
  readonly #say: Say;
  readonly #reader = new PrefaceReader();

  constructor(role: Role, offer: Offer, say: Say) {
    this.#role = role;
    this.#offer = offer;
    this.#say = say;
    if (role === "client") say(encodePreface(role, offer));
  }

  read(chunk: Uint8Array): Opened | Refusal | undefined {
    const taken = this.#reader.read(chunk);
    if (taken === 0) return undefined;
    const first = parsePreface(
      this.#reader.line.subarray(0, -1),
      this.#role,
      "plain",
      this.#offer.serialization,
    );
    if ("error" in first) return first;
    if (this.#role === "server") this.#say(encodePreface(this.#role, this.#offer));
    return { limits: first.limits, features: first.features, rest: chunk.subarray(taken) };
  }

  retry(): void {
    // A plaintext opening waits for nothing but the peer.
  }
}
