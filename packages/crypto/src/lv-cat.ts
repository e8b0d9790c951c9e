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
