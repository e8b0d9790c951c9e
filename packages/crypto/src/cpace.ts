import { elligator2 } from "./elligator2.ts";
import { lvCat } from "./lv-cat.ts";
import { hash } from "./primitives.ts";

const DSI = Buffer.from("CPace255", "latin1");
const DSI_ISK = Buffer.from("CPace255_ISK", "latin1");
const SHA512_BLOCK_BYTES = 128;

/** One side's public part of CPace: its share and the data it binds to the key. */
export interface CpaceMessage {
  readonly share: Uint8Array;
  readonly associatedData: Uint8Array;
}

/**
 * The string CPace hashes to its generator: the password alone fills the hash's first block.
 *
 *     lv_cat(DSI, PRS, zeros, CI, sid)
 *
 * Source: draft-irtf-cfrg-cpace-21, section 7.1 and appendix A.2.
 */
export function generatorString(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Buffer {
  const used = lvCat(DSI, prs).length;
  const zeros = new Uint8Array(Math.max(0, SHA512_BLOCK_BYTES - 1 - used));
  return lvCat(DSI, prs, zeros, ci, sid);
}

/**
 * CPace's generator, the u-coordinate of a point that only the holders of the password know.
 *
 * Source: draft-irtf-cfrg-cpace-21, section 7.2, CPACE-X25519-SHA512.
 */
export function cpaceGenerator(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Buffer {
  const preimage = generatorString(prs, ci, sid);
  const digest = hash("sha512", preimage);
  const generator = elligator2(digest.subarray(0, 32));
  preimage.fill(0);
  digest.fill(0);
  return generator;
}

/**
 * CPace's intermediate session key, 64 bytes, from the shared point K.
 *
 *     SHA-512(lv_cat(DSI_ISK, sid, K) | lv_cat(Ya, ADa) | lv_cat(Yb, ADb))
 *
 * Source: draft-irtf-cfrg-cpace-21, sections 6.2 and 7.2, initiator-responder setting.
 */
export function intermediateSessionKey(
  k: Uint8Array,
  initiator: CpaceMessage,
  responder: CpaceMessage,
  sid: Uint8Array,
): Buffer {
  const secret = lvCat(DSI_ISK, sid, k);
  const isk = hash(
    "sha512",
    secret,
    lvCat(initiator.share, initiator.associatedData),
    lvCat(responder.share, responder.associatedData),
  );
  secret.fill(0);
  return isk;
}
