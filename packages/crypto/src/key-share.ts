import { CryptoError } from "./error.ts";
import { intermediateSessionKey } from "./cpace.ts";
import { equalSecrets, importPoint, x25519, type KeyObject } from "./primitives.ts";

/** Bytes of a key share: one u-coordinate of Curve25519. */
export const SHARE_BYTES = 32;

const NO_SID = Buffer.alloc(0);

/** The part of a side in the handshake: the client is the initiator. */
export type Role = "initiator" | "responder";

/** The shares and prefaces of both sides, once they are known. */
export interface PrefaceExchange {
  /** The complete preface that this side sent. */
  readonly ownPreface: Uint8Array;
  /** The complete preface the peer sent, exactly as received. */
  readonly peerPreface: Uint8Array;
  /** The 32 bytes of the peer's share, decoded from its preface. */
  readonly peerShare: Uint8Array;
}

/** One side's ephemeral half of one CPace exchange; it agrees once and then destroys its scalar. */
export class KeyShare {
  /** The public share, 32 bytes, for the preface. */
  readonly bytes: Buffer;
  #scalar: KeyObject | undefined;

  constructor(generator: KeyObject, scalar: KeyObject) {
    this.#scalar = scalar;
    this.bytes = x25519(scalar, generator);
  }

  /**
   * CPace's session key with the peer, 64 bytes.
   *
   * Throws `IPC_SHARE_INVALID` for a share of another length, of low order, or this side's own reflected, and
   * `IPC_HANDSHAKE_SPENT` on a second call.
   */
  agree(role: Role, { ownPreface, peerPreface, peerShare }: PrefaceExchange): Buffer {
    const scalar = this.#scalar;
    if (scalar === undefined) throw new CryptoError("IPC_HANDSHAKE_SPENT", undefined);
    this.#scalar = undefined;
    if (peerShare.length !== SHARE_BYTES) {
      throw new CryptoError("IPC_SHARE_INVALID", { reason: `it is not ${SHARE_BYTES} bytes long` });
    }
    if (equalSecrets(peerShare, this.bytes)) {
      throw new CryptoError("IPC_SHARE_INVALID", {
        reason: "it is the share of this side, sent back",
      });
    }
    const own = { share: this.bytes, associatedData: ownPreface };
    const peer = { share: peerShare, associatedData: peerPreface };
    const k = sharedPoint(scalar, peerShare);
    // The session id stays empty: the client speaks first, so none can be agreed on before its share.
    const isk =
      role === "initiator"
        ? intermediateSessionKey(k, own, peer, NO_SID)
        : intermediateSessionKey(k, peer, own, NO_SID);
    k.fill(0);
    return isk;
  }
}

function sharedPoint(scalar: KeyObject, peerShare: Uint8Array): Buffer {
  let k: Buffer;
  try {
    k = x25519(scalar, importPoint(peerShare));
  } catch (cause) {
    throw new CryptoError("IPC_SHARE_INVALID", { reason: "it is a point of low order" }, cause);
  }
  // OpenSSL throws for a zero product; the draft demands the check, so it does not rest on that alone.
  if (equalSecrets(k, new Uint8Array(SHARE_BYTES))) {
    throw new CryptoError("IPC_SHARE_INVALID", { reason: "it is a point of low order" });
  }
  return k;
}
