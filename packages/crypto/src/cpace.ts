import {
  add,
  decodeField,
  encodeField,
  fieldElement,
  invert,
  legendre,
  multiply,
  subtract,
} from "./field-25519.ts";
import { hash } from "./primitives.ts";

const DSI = Buffer.from("CPace255", "latin1");
const DSI_ISK = Buffer.from("CPace255_ISK", "latin1");
const SHA512_BLOCK_BYTES = 128;

/** The public part of one side of CPace: its share and the data it binds to the key. */
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

/**
 * The map Elligator 2 from 32 uniform bytes to the u-coordinate of a point on Curve25519, as CPace uses it.
 *
 *     u = little-endian(bytes), bit 255 cleared        A = 486662
 *     v = -A / (1 + 2 u^2)
 *     e = (v^3 + A v^2 + v) ^ ((p - 1) / 2)            1 or -1
 *     x = e v - (1 - e) A / 2
 *
 * 1 + 2u^2 is never zero, because -1/2 is no square; e is never zero, because A^2 - 4 is no square.
 * Sources: RFC 9380, 6.7.1; draft-irtf-cfrg-cpace-21, section 7.2.
 */
export function elligator2(bytes: Uint8Array): Buffer {
  const one = fieldElement(1);
  const a = fieldElement(486_662);
  const halfA = fieldElement(243_331);

  const u = decodeField(bytes);
  const u2 = multiply(u, u);
  const v = subtract(fieldElement(0), multiply(a, invert(add(one, add(u2, u2)))));
  const v2 = multiply(v, v);
  const e = legendre(add(add(multiply(v2, v), multiply(a, v2)), v));
  return encodeField(subtract(multiply(e, v), multiply(subtract(one, e), halfA)));
}

/**
 * The concatenation of byte strings, each behind its own length, so that no two lists give the same bytes.
 *
 *     lv_cat(a, b, ..) = LEB128(len(a)) | a | LEB128(len(b)) | b | ..
 *
 * Source: draft-irtf-cfrg-cpace-21, appendix A.1.
 */
export function lvCat(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [leb128(part.length), part]));
}

function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
