import { AwaitingClientFinished } from "./awaiting-client-finished.ts";
import { IPC_SUITE } from "./expand-label.ts";
import { sealFinished } from "./finished-record.ts";
import type { KeyShare, PrefaceExchange } from "./key-share.ts";
import { KeySchedule } from "./key-schedule.ts";
import type { PasswordKey } from "./password-key.ts";
import { hash } from "./primitives.ts";
import { checkRekeyPolicy, type RekeyPolicy } from "./rekey-policy.ts";

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
