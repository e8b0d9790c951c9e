import { checkOptions, type OptionNames } from "./check-options.ts";
import { CryptoError } from "./error.ts";
import { ExactReader } from "./exact-reader.ts";
import {
  AwaitingServerFinished,
  FINISHED_RECORD_BODY,
  Initiator,
  Responder,
  type AwaitingClientFinished,
  type SecureChannel,
} from "./handshake.ts";
import { SHARE_BYTES, type Role } from "./key-share.ts";
import type { PasswordKey } from "./password-key.ts";
import { randomBytes } from "./primitives.ts";
import type { RekeyPolicy } from "./record-sealer.ts";
import { MAX_RECORD_BODY, RECORD_HEADER_BYTES, RECORD_PREFIX, checkBodyLength } from "./record.ts";

/**
 * The first bytes of either side of a `SecureStream`, both of them part of the handshake's transcript.
 *
 *     offset  bytes
 *          0     13  "ipc-crypto/1 "
 *         13      1  "c" of the client, the initiator; "s" of the server
 *         14     32  random
 *         46     32  key share
 */
const GREETING_BYTES = 78;

/** Bytes of the random part. */
const GREETING_RANDOM_BYTES = 32;

const MAGIC = "ipc-crypto/1 ";
const LETTERS: Readonly<Record<Role, string>> = { initiator: "c", responder: "s" };

/** Settings of a `SecureStream`. */
export interface SecureStreamOptions {
  /** The limits at which keys are updated; by default 2^20 records or 1 GiB. */
  readonly rekey?: RekeyPolicy;
  /** The source of the greeting's random part, the system's by default. */
  readonly random?: (length: number) => Uint8Array;
}

const streamOptions: OptionNames<SecureStreamOptions> = { rekey: true, random: true };

/** The outputs of one input: bytes for the connection and content for the application, in order. */
export interface SecureStreamOutput {
  readonly write: readonly Uint8Array[];
  readonly received: readonly Buffer[];
}

type State =
  /** This side's greeting is known, the peer's has not arrived. */
  | { readonly name: "greeting"; readonly side: Initiator | Responder }
  /** Both greetings are known, the peer has not proved the password. */
  | { readonly name: "finished"; readonly side: AwaitingServerFinished | AwaitingClientFinished }
  /** Records flow. */
  | { readonly name: "ready"; readonly channel: SecureChannel }
  /** An input failed: nothing goes on. */
  | { readonly name: "failed"; readonly error: unknown };

/**
 * An encrypted, mutually authenticated stream over any ordered byte stream, without doing I/O itself:
 * the bytes that arrive go in, the bytes to write and the content received come out.
 *
 * Inputs are `start`, `handleBytes` and `handleEnd`; the first one that throws ends the stream.
 */
export class SecureStream {
  readonly #role: Role;
  readonly #greeting: Buffer;
  readonly #reader = new ExactReader();
  #state: State;
  #bodyLength: number | undefined;

  /** The initiator is the side that speaks first. */
  constructor(role: Role, key: PasswordKey, options: SecureStreamOptions = {}) {
    checkOptions("SecureStream", options, streamOptions);
    const { rekey = {}, random = randomBytes } = options;
    const side = role === "initiator" ? new Initiator(key, rekey) : new Responder(key, rekey);
    this.#role = role;
    this.#greeting = encodeGreeting(role, random(GREETING_RANDOM_BYTES), side.share);
    this.#state = { name: "greeting", side };
  }

  /** True once the peer has proved the password, so that `send` may be called. */
  get ready(): boolean {
    return this.#state.name === "ready";
  }

  /** True once the peer has said that nothing follows. */
  get peerClosed(): boolean {
    return this.#state.name === "ready" && this.#state.channel.opener.closed;
  }

  /** The bytes to write when the connection opens: the initiator's greeting, of the responder none. */
  start(): readonly Uint8Array[] {
    return this.#role === "initiator" ? [this.#greeting] : [];
  }

  /**
   * A chunk has arrived. It is kept, not copied, until all of its bytes are used: do not write into it.
   *
   * Throws `IPC_GREETING_INVALID`, `IPC_SHARE_INVALID`, `IPC_AUTHENTICATION_FAILED` and whatever a
   * `RecordOpener` throws. Content received in the same call before the failure is not returned.
   */
  handleBytes(chunk: Uint8Array): SecureStreamOutput {
    if (this.#state.name === "failed") throw this.#state.error;
    this.#reader.push(chunk);
    const write: Uint8Array[] = [];
    const received: Buffer[] = [];
    try {
      while (this.#step(write, received));
    } catch (error) {
      throw this.#fail(error);
    }
    return { write, received };
  }

  /** The connection has ended: throws `IPC_TRUNCATED` unless the peer has closed before. */
  handleEnd(): void {
    if (this.#state.name === "failed") throw this.#state.error;
    try {
      if (this.#state.name !== "ready") throw new CryptoError("IPC_TRUNCATED", undefined);
      this.#state.channel.opener.end();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Seals chunks and returns what to write. Throws `IPC_CHANNEL_NOT_READY` before the peer has proved the
   * password, and `IPC_CHANNEL_CLOSED` after `close` or a failed input, which is its `cause`.
   */
  send(chunks: readonly (string | Uint8Array)[]): readonly Uint8Array[] {
    return this.#channel().sealer.seal(chunks);
  }

  /**
   * Does in advance what it can of the next records: call it when nothing is urgent, as after the write of what
   * `send` returned. Holds some 4 KiB until then; does nothing before the handshake's end and after a failure.
   */
  prepare(): void {
    if (this.#state.name !== "ready") return;
    this.#state.channel.sealer.prepare();
    this.#state.channel.opener.prepare();
  }

  /** Says that nothing follows and returns what to write. Throws as `send` does. */
  close(): readonly Uint8Array[] {
    return [this.#channel().sealer.close()];
  }

  #channel(): SecureChannel {
    if (this.#state.name === "ready") return this.#state.channel;
    if (this.#state.name === "failed") {
      throw new CryptoError("IPC_CHANNEL_CLOSED", undefined, this.#state.error);
    }
    throw new CryptoError("IPC_CHANNEL_NOT_READY", undefined);
  }

  #fail(error: unknown): unknown {
    if (this.#state.name === "ready") {
      this.#state.channel.sealer.drop();
      this.#state.channel.opener.drop();
    }
    this.#state = { name: "failed", error };
    return error;
  }

  /** Takes one greeting or record off the reader; false while it is incomplete. */
  #step(write: Uint8Array[], received: Buffer[]): boolean {
    const state = this.#state;
    if (state.name === "greeting") {
      const greeting = this.#reader.take(GREETING_BYTES);
      if (greeting) this.#handleGreeting(state.side, greeting, write);
      return greeting !== undefined;
    }
    const body = this.#takeBody(state.name === "ready" ? MAX_RECORD_BODY : FINISHED_RECORD_BODY);
    if (body === undefined) return false;
    if (state.name === "ready") {
      const content = state.channel.opener.open(body);
      if (content.length > 0) received.push(content);
    } else if (state.name === "finished") {
      this.#handleFinished(state.side, body, write);
    }
    return true;
  }

  #handleGreeting(side: Initiator | Responder, greeting: Buffer, write: Uint8Array[]): void {
    const exchange = {
      ownPreface: this.#greeting,
      peerPreface: greeting,
      peerShare: decodeGreeting(side instanceof Initiator ? "responder" : "initiator", greeting),
    };
    if (side instanceof Initiator) {
      this.#state = { name: "finished", side: side.handleServerPreface(exchange) };
    } else {
      const { flight, next } = side.handleClientPreface(exchange);
      write.push(this.#greeting, flight);
      this.#state = { name: "finished", side: next };
    }
  }

  #handleFinished(
    side: AwaitingServerFinished | AwaitingClientFinished,
    body: Buffer,
    write: Uint8Array[],
  ): void {
    if (side instanceof AwaitingServerFinished) {
      const { flight, ...channel } = side.handleServerFinished(body);
      write.push(flight);
      this.#state = { name: "ready", channel };
    } else {
      this.#state = { name: "ready", channel: side.handleClientFinished(body) };
    }
  }

  #takeBody(most: number): Buffer | undefined {
    if (this.#bodyLength === undefined) {
      const header = this.#reader.take(RECORD_HEADER_BYTES);
      if (header === undefined) return undefined;
      const length = header.readUIntBE(1, 3);
      if (header[0] !== RECORD_PREFIX) {
        throw new CryptoError("IPC_RECORD_UNEXPECTED", { reason: "it does not begin with 0x17" });
      }
      // The length is refused here, before a byte of the body is kept.
      checkBodyLength(length, most);
      this.#bodyLength = length;
    }
    const body = this.#reader.take(this.#bodyLength);
    if (body) this.#bodyLength = undefined;
    return body;
  }
}

/** The greeting of a side. */
function encodeGreeting(role: Role, random: Uint8Array, share: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(MAGIC + LETTERS[role], "latin1"), random, share]);
}

/** The key share in the greeting of a peer that has this role; throws `IPC_GREETING_INVALID`. */
function decodeGreeting(role: Role, greeting: Buffer): Buffer {
  if (!greeting.subarray(0, 14).equals(Buffer.from(MAGIC + LETTERS[role], "latin1"))) {
    throw new CryptoError("IPC_GREETING_INVALID", undefined);
  }
  return greeting.subarray(GREETING_BYTES - SHARE_BYTES);
}
