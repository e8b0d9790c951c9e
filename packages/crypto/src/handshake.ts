import { CryptoError } from "./error.ts";
import { IPC_SUITE } from "./hkdf.ts";
import { FINISHED_BYTES, KeySchedule, type EpochKeys } from "./key-schedule.ts";
import type { KeyShare, PrefaceExchange } from "./key-share.ts";
import type { PasswordKey } from "./password-key.ts";
import { equalSecrets, hash } from "./primitives.ts";
import { RecordOpener } from "./record-opener.ts";
import { RecordSealer, checkRekeyPolicy, type RekeyPolicy } from "./record-sealer.ts";
import {
  RECORD_BODY_OVERHEAD,
  RECORD_TYPE,
  checkBodyLength,
  openRecord,
  recordHeader,
  sealRecord,
} from "./record.ts";
import type { TrafficKey } from "./traffic-key.ts";

/** Bytes of the body of the only record there is before authentication. */
export const FINISHED_RECORD_BODY: number = FINISHED_BYTES + RECORD_BODY_OVERHEAD;

/** The result of a handshake: the two halves of an encrypted channel. */
export interface SecureChannel {
  readonly sealer: RecordSealer;
  readonly opener: RecordOpener;
}

/**
 * The client's side of one handshake, before the server has spoken.
 *
 *     Initiator -- handleServerPreface --> AwaitingServerFinished -- handleServerFinished --> channel
 */
export class Initiator {
  readonly #keyShare: KeyShare;
  readonly #policy: RekeyPolicy;

  /** `keyShare` is passed in by tests only. Throws `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`. */
  constructor(
    key: PasswordKey,
    policy: RekeyPolicy = {},
    keyShare: KeyShare = key.createKeyShare(),
  ) {
    this.#keyShare = keyShare;
    this.#policy = checkRekeyPolicy(policy);
  }

  /** The 32 bytes of the share to put into the client's preface. */
  get share(): Buffer {
    return this.#keyShare.bytes;
  }

  /**
   * The server's preface has arrived; its Finished comes next.
   *
   * Can be called once. Throws `IPC_SHARE_INVALID`, `IPC_HANDSHAKE_SPENT`.
   */
  handleServerPreface(exchange: PrefaceExchange): AwaitingServerFinished {
    const schedule = new KeySchedule(this.#keyShare.agree("initiator", exchange));
    const prefaces = [exchange.ownPreface, exchange.peerPreface] as const;
    return new AwaitingServerFinished(schedule, prefaces, this.#policy);
  }
}

/** The result of the client's preface for the server: its proof to send, and the next step. */
export interface ResponderFlight {
  /** The record with this side's Finished, to be written right behind its preface. */
  readonly flight: Buffer;
  readonly next: AwaitingClientFinished;
}

/**
 * The server's side of one handshake, before it has answered the client's preface.
 *
 *     Responder -- handleClientPreface --> AwaitingClientFinished -- handleClientFinished --> channel
 */
export class Responder {
  readonly #keyShare: KeyShare;
  readonly #policy: RekeyPolicy;

  /** `keyShare` is passed in by tests only. Throws `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`. */
  constructor(
    key: PasswordKey,
    policy: RekeyPolicy = {},
    keyShare: KeyShare = key.createKeyShare(),
  ) {
    this.#keyShare = keyShare;
    this.#policy = checkRekeyPolicy(policy);
  }

  /** The 32 bytes of the share to put into the server's preface. */
  get share(): Buffer {
    return this.#keyShare.bytes;
  }

  /**
   * The client's preface has arrived, and the server's is known: the server's Finished can be sent.
   *
   * A client that receives this flight can test one password against it, so it counts as a failed attempt
   * until the client's Finished verifies. Can be called once. Throws `IPC_SHARE_INVALID`,
   * `IPC_HANDSHAKE_SPENT`.
   */
  handleClientPreface(exchange: PrefaceExchange): ResponderFlight {
    const schedule = new KeySchedule(this.#keyShare.agree("responder", exchange));
    const prefaces = [exchange.peerPreface, exchange.ownPreface] as const;
    const prefacesHash = hash(IPC_SUITE.hash, ...prefaces);
    const { client, server } = schedule.handshakeKeys(prefacesHash);
    const finished = server.finished(prefacesHash);
    const transcriptHash = hash(IPC_SUITE.hash, ...prefaces, finished);
    return {
      flight: sealFinished(server, finished),
      next: new AwaitingClientFinished(schedule, client, transcriptHash, this.#policy),
    };
  }
}

/** The result of the server's Finished for the client: its own proof to send first, and the channel. */
export interface InitiatorResult extends SecureChannel {
  /** The record with this side's Finished; application records may follow in the same write. */
  readonly flight: Buffer;
}

/** The client's side of a handshake between the server's preface and the server's Finished. */
export class AwaitingServerFinished {
  readonly #schedule: KeySchedule;
  readonly #prefaces: Buffer;
  readonly #policy: RekeyPolicy;
  readonly #prefacesHash: Buffer;
  readonly #keys: EpochKeys;
  #spent = false;

  constructor(
    schedule: KeySchedule,
    prefaces: readonly [client: Uint8Array, server: Uint8Array],
    policy: RekeyPolicy,
  ) {
    this.#schedule = schedule;
    // A copy, because the caller may read into the same memory before the Finished arrives.
    this.#prefaces = Buffer.concat(prefaces);
    this.#policy = policy;
    this.#prefacesHash = hash(IPC_SUITE.hash, this.#prefaces);
    this.#keys = schedule.handshakeKeys(this.#prefacesHash);
  }

  /**
   * The body of the server's first record has arrived: verifies that the server holds the password.
   *
   * Can be called once. Throws `IPC_AUTHENTICATION_FAILED`, `IPC_HANDSHAKE_SPENT`.
   */
  handleServerFinished(body: Uint8Array): InitiatorResult {
    if (this.#spent) throw new CryptoError("IPC_HANDSHAKE_SPENT", undefined);
    this.#spent = true;
    const { client, server } = this.#keys;
    let finished: Buffer;
    try {
      finished = openFinished(server, body, this.#prefacesHash);
    } catch (error) {
      client.drop();
      this.#schedule.drop();
      throw error;
    }
    const transcriptHash = hash(IPC_SUITE.hash, this.#prefaces, finished);
    const keys = this.#schedule.applicationKeys(transcriptHash);
    return {
      flight: sealFinished(client, client.finished(transcriptHash)),
      sealer: new RecordSealer(keys.client, this.#policy),
      opener: new RecordOpener(keys.server),
    };
  }
}

/** The server's side of a handshake between its own Finished and the client's. */
export class AwaitingClientFinished {
  readonly #schedule: KeySchedule;
  readonly #key: TrafficKey;
  readonly #transcriptHash: Buffer;
  readonly #policy: RekeyPolicy;
  #spent = false;

  constructor(schedule: KeySchedule, key: TrafficKey, transcriptHash: Buffer, policy: RekeyPolicy) {
    this.#schedule = schedule;
    this.#key = key;
    this.#transcriptHash = transcriptHash;
    this.#policy = policy;
  }

  /**
   * The body of the client's first record has arrived: verifies that the client holds the password.
   *
   * Can be called once. Throws `IPC_AUTHENTICATION_FAILED`, `IPC_HANDSHAKE_SPENT`.
   */
  handleClientFinished(body: Uint8Array): SecureChannel {
    if (this.#spent) throw new CryptoError("IPC_HANDSHAKE_SPENT", undefined);
    this.#spent = true;
    try {
      openFinished(this.#key, body, this.#transcriptHash);
    } catch (error) {
      this.#schedule.drop();
      throw error;
    }
    const { client, server } = this.#schedule.applicationKeys(this.#transcriptHash);
    return {
      sealer: new RecordSealer(server, this.#policy),
      opener: new RecordOpener(client),
    };
  }
}

/** Makes the record that carries this side's Finished, and destroys its key. */
export function sealFinished(key: TrafficKey, finished: Uint8Array): Buffer {
  const record = sealRecord(key, RECORD_TYPE.handshake, finished);
  key.drop();
  return record;
}

/**
 * Verifies that a record's body is the peer's Finished over this transcript, and returns it.
 *
 * Its key is gone afterwards. Throws `IPC_AUTHENTICATION_FAILED` for whatever is not that record: a
 * wrong password, a wrong realm and an altered byte cannot be told apart.
 */
export function openFinished(
  key: TrafficKey,
  body: Uint8Array,
  transcriptHash: Uint8Array,
): Buffer {
  try {
    const expected = key.finished(transcriptHash);
    checkBodyLength(body.length, FINISHED_RECORD_BODY);
    const plaintext = openRecord(key, recordHeader(body.length), body);
    const finished = plaintext.subarray(0, -1);
    if (plaintext.at(-1) === RECORD_TYPE.handshake && equalSecrets(finished, expected)) {
      return finished;
    }
  } catch {
    // A Finished under another password cannot be opened: "altered" would be the wrong word for it.
  } finally {
    key.drop();
  }
  throw new CryptoError("IPC_AUTHENTICATION_FAILED", undefined);
}
