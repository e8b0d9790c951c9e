import { Buffer } from "node:buffer";
import {
  Initiator,
  type PrefaceExchange,
  Responder,
  type SecureChannel,
  type KeyShare,
  type PasswordKey,
  type RekeyPolicy,
  CryptoError,
  FINISHED_RECORD_BODY,
  RECORD_HEADER_BYTES,
  RECORD_PREFIX,
} from "@ipc/crypto";
import { invalidMessage } from "../error.ts";
import type { DeclaredLimits } from "../limits.ts";
import type { Opened, Opening, Protection, Say } from "./opening.ts";
import {
  encodePreface,
  type Offer,
  parsePreface,
  type Role,
  PrefaceReader,
  type PrefaceRefusal,
} from "./preface.ts";
import { RecordReader } from "./record-reader.ts";

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
  readonly #security: SecurityOptions;
  readonly #say: Say;
  #own: Introduction | undefined;
  #retryAt = Infinity;
  #stage: Stage = { awaits: "preface", reader: new PrefaceReader() };

  constructor(role: Role, offer: Offer, security: SecurityOptions, say: Say) {
    this.#role = role;
    this.#offer = offer;
    this.#security = security;
    this.#say = say;
    if (role === "client") say(this.#introduce().preface);
  }

  get retryAt(): number {
    return this.#retryAt;
  }

  read(chunk: Uint8Array, now: number): Opened | PrefaceRefusal | undefined {
    let rest = chunk;
    if (this.#stage.awaits === "preface") {
      const taken = this.#stage.reader.read(rest);
      if (taken === 0) return undefined;
      const refusal = this.#handlePreface(this.#stage.reader.line, now);
      if (refusal !== undefined) return refusal;
      rest = rest.subarray(taken);
    }
    if (rest.length === 0) return undefined;
    if (this.#stage.awaits !== "finished")
      throw invalidMessage("bytes before the server had answered its preface");
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

  #handlePreface(line: Uint8Array, now: number): PrefaceRefusal | undefined {
    // The bytes as received are part of what is proved; the reader's memory is not ours to keep.
    const preface = Buffer.from(line);
    const first = parsePreface(
      preface.subarray(0, -1),
      this.#role,
      "secure",
      this.#offer.serialization,
    );
    if ("bye" in first) return first;
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
  ): Opened | PrefaceRefusal {
    if (reader.line !== undefined) {
      const refusal = parsePreface(
        reader.line.subarray(0, -1),
        this.#role,
        "secure",
        this.#offer.serialization,
      );
      if ("bye" in refusal) return refusal;
      throw invalidMessage("a second preface");
    }
    const { flight, channel } = handshake.handleFinished(reader.body);
    if (flight !== undefined) this.#say(flight);
    this.#security.permit?.giveBack();
    const protection = channel && protectionOf(channel);
    return { limits: peer.limits, features: peer.features, protection, rest };
  }
}

/** The protection that a channel gives. */
function protectionOf({ sealer, opener }: SecureChannel): Protection {
  return { sealer, openFor: (next) => new RecordReader(opener, next) };
}

/** The result of one step of the handshake: bytes to send, and at the end the channel. */
export interface HandshakeStep {
  readonly flight?: Uint8Array | undefined;
  readonly channel?: SecureChannel | undefined;
}

/**
 * The key exchange of one connection, in the words of both roles.
 *
 * ```
 *   client  preface ─────────────────────────>  server
 *           <───── preface, record{Finished_s}
 *           record{Finished_c}, messages ─────>
 * ```
 */
export interface SecureHandshake {
  /** The 32 bytes for this side's preface. */
  readonly share: Uint8Array;
  /** Both prefaces are known. */
  handlePreface(exchange: PrefaceExchange): HandshakeStep;
  /** The body of the peer's Finished has come. Throws `IPC_AUTHENTICATION_FAILED`. */
  handleFinished(body: Uint8Array): HandshakeStep;
}

/** The handshake of a role. */
export function secureHandshake(role: Role, security: SecurityOptions): SecureHandshake {
  return role === "client" ? new ClientHandshake(security) : new ServerHandshake(security);
}

class ClientHandshake implements SecureHandshake {
  readonly #initiator: Initiator;
  #next: ReturnType<Initiator["handleServerPreface"]> | undefined;

  constructor({ key, rekey, keyShareForTesting }: SecurityOptions) {
    this.#initiator = new Initiator(key, rekey, keyShareForTesting);
  }

  get share(): Uint8Array {
    return this.#initiator.share;
  }

  handlePreface(exchange: PrefaceExchange): HandshakeStep {
    this.#next = this.#initiator.handleServerPreface(exchange);
    return {};
  }

  handleFinished(body: Uint8Array): HandshakeStep {
    const result = this.#next?.handleServerFinished(body);
    return { flight: result?.flight, channel: result };
  }
}

class ServerHandshake implements SecureHandshake {
  readonly #responder: Responder;
  #next: ReturnType<Responder["handleClientPreface"]>["next"] | undefined;

  constructor({ key, rekey, keyShareForTesting }: SecurityOptions) {
    this.#responder = new Responder(key, rekey, keyShareForTesting);
  }

  get share(): Uint8Array {
    return this.#responder.share;
  }

  handlePreface(exchange: PrefaceExchange): HandshakeStep {
    const { flight, next } = this.#responder.handleClientPreface(exchange);
    this.#next = next;
    return { flight };
  }

  handleFinished(body: Uint8Array): HandshakeStep {
    return { channel: this.#next?.handleClientFinished(body) };
  }
}

/** The keys and random bytes of a session with a password. Both sides of a connection have them, or neither. */
export interface SecurityOptions {
  /** The password and realm, stretched before the session exists. */
  readonly key: PasswordKey;
  /** 32 fresh random bytes for the preface. */
  readonly random: Uint8Array;
  /** Server: the permit to answer a client that has not proved the password yet; without one each is answered. */
  readonly permit?: HandshakePermit | undefined;
  /** The bounds after which traffic keys are replaced. */
  readonly rekey?: RekeyPolicy | undefined;
  /** A known share for golden transcripts, for tests only. */
  readonly keyShareForTesting?: KeyShare | undefined;
}

/**
 * A permit to answer one client that has not proved the password, from the limiter that counts them: with the
 * answer it can test one password against it.
 */
export interface HandshakePermit {
  /** 0 if the client may be answered now, else the milliseconds after which to ask again. */
  take(now: number): number;
  /** The client has proved the password. */
  giveBack(): void;
}

const leftBrace = 0x7b;
const recordBytes = RECORD_HEADER_BYTES + FINISHED_RECORD_BODY;

/**
 * Takes the one thing that may follow a preface in secure mode: the record with the peer's Finished,
 * or the line of a refusal, told apart by their first byte.
 */
export class FinishedReader {
  readonly #record = Buffer.allocUnsafeSlow(recordBytes);
  #length = 0;
  #refusal: PrefaceReader | undefined;

  /** The refusal's line, LF included, if it was one. */
  get line(): Buffer | undefined {
    return this.#refusal?.line;
  }

  /** The record's body, once it is whole. */
  get body(): Buffer {
    return this.#record.subarray(RECORD_HEADER_BYTES);
  }

  /**
   * Take one chunk. Answers how many of its bytes belong here, or 0 if more are needed and all were
   * taken. Throws `IPC_AUTHENTICATION_FAILED` for what is neither.
   */
  read(chunk: Uint8Array): number {
    if (this.#length === 0 && chunk[0] === leftBrace) this.#refusal ??= new PrefaceReader();
    if (this.#refusal !== undefined) return this.#refusal.read(chunk);
    const taken = Math.min(chunk.length, recordBytes - this.#length);
    this.#record.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    this.#checkHeader();
    return this.#length === recordBytes ? taken : 0;
  }

  #checkHeader(): void {
    const expected = [RECORD_PREFIX, 0, 0, FINISHED_RECORD_BODY];
    const known = Math.min(this.#length, RECORD_HEADER_BYTES);
    for (let at = 0; at < known; at++) {
      if (this.#record[at] !== expected[at]) {
        throw new CryptoError("IPC_AUTHENTICATION_FAILED", undefined);
      }
    }
  }
}
