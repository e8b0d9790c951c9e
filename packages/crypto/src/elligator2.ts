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
