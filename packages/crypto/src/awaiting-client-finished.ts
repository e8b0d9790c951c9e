import { CryptoError } from "./crypto-error.ts";
import { openFinished } from "./finished-record.ts";
import type { EpochKeys } from "./key-schedule.ts";
import { RecordOpener } from "./record-opener.ts";
import { RecordSealer } from "./record-sealer.ts";
import type { RekeyPolicy } from "./rekey-policy.ts";
import type { SecureChannel } from "./secure-channel.ts";
import type { TrafficKey } from "./traffic-key.ts";

/** The server's side of a handshake between its own Finished and the client's. */
export class AwaitingClientFinished {
  readonly #key: TrafficKey;
  readonly #transcriptHash: Buffer;
  readonly #keys: EpochKeys;
  readonly #policy: RekeyPolicy;
  #spent = false;

  constructor(key: TrafficKey, transcriptHash: Buffer, keys: EpochKeys, policy: RekeyPolicy) {
    this.#key = key;
    this.#transcriptHash = transcriptHash;
    this.#keys = keys;
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
    const { client, server } = this.#keys;
    try {
      openFinished(this.#key, body, this.#transcriptHash);
    } catch (error) {
      client.drop();
      server.drop();
      throw error;
    }
    return {
      sealer: new RecordSealer(server, this.#policy),
      opener: new RecordOpener(client),
    };
  }
}
