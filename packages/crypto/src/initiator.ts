import { AwaitingServerFinished } from "./awaiting-server-finished.ts";
import type { KeyShare, PrefaceExchange } from "./key-share.ts";
import { KeySchedule } from "./key-schedule.ts";
import type { PasswordKey } from "./password-key.ts";
import { checkRekeyPolicy, type RekeyPolicy } from "./rekey-policy.ts";

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
