import { CryptoError } from "./crypto-error.ts";
import { openFinished } from "./finished-record.ts";
import type { KeySchedule } from "./key-schedule.ts";
import { RecordOpener } from "./record-opener.ts";
import { RecordSealer } from "./record-sealer.ts";
import type { RekeyPolicy } from "./rekey-policy.ts";
import type { SecureChannel } from "./secure-channel.ts";
import type { TrafficKey } from "./traffic-key.ts";

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
