import { CryptoError } from "./error.ts";
import { IPC_SUITE, expandLabel, hkdfExtract } from "./hkdf.ts";
import { hash } from "./primitives.ts";
import { TrafficKey } from "./traffic-key.ts";

/** Bytes of a Finished, a hash and a traffic secret: the length of SHA-384. */
export const FINISHED_BYTES = 48;

const ZEROS = Buffer.alloc(FINISHED_BYTES);

/** The two traffic keys of one epoch, by the side that sends under them. */
export interface EpochKeys {
  readonly client: TrafficKey;
  readonly server: TrafficKey;
}

/**
 * The key schedule of TLS 1.3 (RFC 8446, 7.1) without PSK, CPace's session key in the place of (EC)DHE.
 *
 *     early     = Extract(0, 0)
 *     handshake = Extract(Derive(early, "derived", ""), ISK)
 *                 +- Derive(., "c hs traffic", prefaces)    "s hs traffic"
 *     master    = Extract(Derive(handshake, "derived", ""), 0)
 *                 +- Derive(., "c ap traffic", prefaces | Finished_s)    "s ap traffic"
 *
 * The handshake's keys come first. The application's keys end the schedule: every later use throws
 * `IPC_HANDSHAKE_SPENT`, so that no key is ever made from an overwritten secret.
 */
export class KeySchedule {
  #secret: Buffer | undefined;

  /** Takes the session key's bytes and overwrites them. */
  constructor(isk: Uint8Array) {
    this.#secret = hkdfExtract(IPC_SUITE.hash, earlySalt(), isk);
    isk.fill(0);
  }

  /** The keys the two Finished travel under; `transcriptHash` covers the two prefaces. */
  handshakeKeys(transcriptHash: Uint8Array): EpochKeys {
    return this.#epoch("hs", transcriptHash);
  }

  /** The keys of the application's records; `transcriptHash` covers the prefaces and the server's Finished. */
  applicationKeys(transcriptHash: Uint8Array): EpochKeys {
    const salt = derive(this.#present(), "derived", emptyHash());
    this.drop();
    this.#secret = hkdfExtract(IPC_SUITE.hash, salt, ZEROS);
    salt.fill(0);
    const keys = this.#epoch("ap", transcriptHash);
    this.drop();
    return keys;
  }

  /** Overwrites the secret and drops it. */
  drop(): void {
    this.#secret?.fill(0);
    this.#secret = undefined;
  }

  #present(): Buffer {
    if (this.#secret === undefined) throw new CryptoError("IPC_HANDSHAKE_SPENT", undefined);
    return this.#secret;
  }

  #epoch(name: "hs" | "ap", transcriptHash: Uint8Array): EpochKeys {
    const secret = this.#present();
    return {
      client: new TrafficKey(derive(secret, `c ${name} traffic`, transcriptHash)),
      server: new TrafficKey(derive(secret, `s ${name} traffic`, transcriptHash)),
    };
  }
}

// Both are the same in every handshake, and computed when needed: the first hash of a process makes
// OpenSSL fetch its algorithms.
let hashOfNothing: Buffer | undefined;
let saltOfNothing: Buffer | undefined;

function emptyHash(): Buffer {
  return (hashOfNothing ??= hash(IPC_SUITE.hash));
}

/** Derive-Secret of the early secret, in which nothing secret is. */
function earlySalt(): Buffer {
  return (saltOfNothing ??= derive(
    hkdfExtract(IPC_SUITE.hash, ZEROS, ZEROS),
    "derived",
    emptyHash(),
  ));
}

function derive(secret: Uint8Array, label: string, transcriptHash: Uint8Array): Buffer {
  return expandLabel(IPC_SUITE, secret, label, transcriptHash, FINISHED_BYTES);
}
