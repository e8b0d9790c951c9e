import { Buffer } from "node:buffer";
import { FinishedReader } from "./finished-reader.ts";
import { invalidMessage } from "../messages/invalid-message.ts";
import type { DeclaredLimits } from "../limits.ts";
import type { Opened, Opening, Say } from "./opening.ts";
import { encodePreface, type Offer, parsePreface, type Refusal, type Role } from "./preface.ts";
import { PrefaceReader } from "./preface-reader.ts";
import { type SecureHandshake, secureHandshake } from "./secure-handshake.ts";
import type { SessionSecurity } from "./security.ts";

/** This side's part: its key share and the preface that names it. */
interface Introduction {
  readonly handshake: SecureHandshake;
  readonly preface: Buffer;
}

/** The peer's preface, with the parts of it that are needed. */
interface PeerIntroduction {
  readonly preface: Buffer;
  readonly share: Uint8Array;
  readonly limits: DeclaredLimits;
  readonly features: readonly string[];
}

/** The state of a secure opening: what it waits for. */
type Stage =
  | { readonly awaits: "preface"; readonly reader: PrefaceReader }
  | { readonly awaits: "permit"; readonly peer: PeerIntroduction }
  | {
      readonly awaits: "finished";
      readonly reader: FinishedReader;
      readonly handshake: SecureHandshake;
      readonly peer: PeerIntroduction;
    };

/**
 * The exchange of prefaces and Finished with a password.
 *
 * Nothing of the application is said before the peer has proved the password, and a server does no
 * curve arithmetic for a client before it is permitted to answer.
 */
export class SecureOpening implements Opening {
  readonly #role: Role;
  readonly #offer: Offer;
  readonly #security: SessionSecurity;
  readonly #say: Say;
  #own: Introduction | undefined;
  #retryAt = Infinity;
  #stage: Stage = { awaits: "preface", reader: new PrefaceReader() };

  constructor(role: Role, offer: Offer, security: SessionSecurity, say: Say) {
    this.#role = role;
    this.#offer = offer;
    this.#security = security;
    this.#say = say;
    if (role === "client") say(this.#introduce().preface);
  }

  get retryAt(): number {
    return this.#retryAt;
  }

  read(chunk: Uint8Array, now: number): Opened | Refusal | undefined {
    let rest = chunk;
    if (this.#stage.awaits === "preface") {
      const taken = this.#stage.reader.read(rest);
      if (taken === 0) return undefined;
      const refusal = this.#handlePreface(this.#stage.reader.line, now);
      if (refusal !== undefined) return refusal;
      rest = rest.subarray(taken);
    }
    if (rest.length === 0) return undefined;
    if (this.#stage.awaits !== "finished") throw invalidMessage("something before it was answered");
    const taken = this.#stage.reader.read(rest);
    return taken === 0 ? undefined : this.#handleFinished(this.#stage, rest.subarray(taken));
  }

  retry(now: number): void {
    if (this.#stage.awaits === "permit") this.#answer(this.#stage.peer, now);
  }

  #introduce(): Introduction {
    const handshake = secureHandshake(this.#role, this.#security);
    const secure = { random: this.#security.random, share: handshake.share };
    const preface = Buffer.from(encodePreface(this.#role, this.#offer, secure));
    this.#own = { handshake, preface };
    return this.#own;
  }

  #handlePreface(line: Uint8Array, now: number): Refusal | undefined {
    // The bytes as received are part of what is proved; the reader's memory is not ours to keep.
    const preface = Buffer.from(line);
    const first = parsePreface(
      preface.subarray(0, -1),
      this.#role,
      "secure",
      this.#offer.serialization,
    );
    if ("error" in first) return first;
    const { share = Buffer.alloc(0), limits, features } = first;
    this.#answer({ preface, share, limits, features }, now);
    return undefined;
  }

  #answer(peer: PeerIntroduction, now: number): void {
    const wait = this.#security.permit?.take(now) ?? 0;
    if (wait > 0) {
      this.#retryAt = now + wait;
      this.#stage = { awaits: "permit", peer };
      return;
    }
    this.#retryAt = Infinity;
    const { handshake, preface } = this.#own ?? this.#introduce();
    const { flight } = handshake.handlePreface({
      ownPreface: preface,
      peerPreface: peer.preface,
      peerShare: peer.share,
    });
    if (this.#role === "server") this.#say(preface);
    if (flight !== undefined) this.#say(flight);
    const reader = new FinishedReader();
    this.#stage = { awaits: "finished", reader, handshake, peer };
  }

  #handleFinished(
    { reader, handshake, peer }: Extract<Stage, { awaits: "finished" }>,
    rest: Uint8Array,
  ): Opened | Refusal {
    if (reader.line !== undefined) {
      const refusal = parsePreface(
        reader.line.subarray(0, -1),
        this.#role,
        "secure",
        this.#offer.serialization,
      );
      if ("error" in refusal) return refusal;
      throw invalidMessage("a second preface");
    }
    const { flight, channel } = handshake.handleFinished(reader.body);
    if (flight !== undefined) this.#say(flight);
    this.#security.permit?.giveBack();
    return { limits: peer.limits, features: peer.features, channel, rest };
  }
}
