import { CryptoError } from "./crypto-error.ts";
import { IPC_SUITE } from "./expand-label.ts";
import { openFinished, sealFinished } from "./finished-record.ts";
import type { EpochKeys, KeySchedule } from "./key-schedule.ts";
import { hash } from "./primitives.ts";
import { RecordOpener } from "./record-opener.ts";
import { RecordSealer } from "./record-sealer.ts";
import type { RekeyPolicy } from "./rekey-policy.ts";
import type { SecureChannel } from "./secure-channel.ts";

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
