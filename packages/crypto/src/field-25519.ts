/**
 * Arithmetic modulo p = 2^255 - 19 whose sequence of operations and memory accesses is the same for
 * all values: no branch and no index depends on one. A JavaScript engine gives no guarantee of equal
 * time beyond that.
 *
 * An element is 16 limbs, least significant first, each near 16 bits. Doubles are exact to 2^53; the
 * largest number met is a column of a product, below 16 * 38 * 2^34 < 2^44, so limbs may grow to 17
 * bits between multiplications: a sum or difference of two products needs no carry of its own.
 */
export type FieldElement = Float64Array;

const LIMBS = 16;
const RADIX = 65_536;

/** The element of a small whole number. */
export function fieldElement(value: number): FieldElement {
  const element = new Float64Array(LIMBS);
  element[0] = value;
  return carry(element);
}

/** The element of 32 little-endian bytes whose bit 255 is ignored (RFC 7748, 5). */
export function decodeField(bytes: Uint8Array): FieldElement {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const element = new Float64Array(LIMBS);
  for (let i = 0; i < LIMBS; i++) element[i] = view.getUint16(2 * i, true);
  element[LIMBS - 1] = limb(element, LIMBS - 1) & 0x7fff;
  return element;
}

/** The 32 little-endian bytes of the element's one value below p. */
export function encodeField(element: FieldElement): Buffer {
  const value = carry(carry(carry(Float64Array.from(element))));
  // The value is now below 2^256 < 3p, so p is taken off at most twice.
  subtractPrimeIfNotBelow(value);
  subtractPrimeIfNotBelow(value);
  const bytes = Buffer.alloc(2 * LIMBS);
  for (let i = 0; i < LIMBS; i++) bytes.writeUInt16LE(limb(value, i), 2 * i);
  return bytes;
}

/** The sum a + b. */
export function add(a: FieldElement, b: FieldElement): FieldElement {
  const sum = new Float64Array(LIMBS);
  for (let i = 0; i < LIMBS; i++) sum[i] = limb(a, i) + limb(b, i);
  return carry(sum);
}

/** The difference a - b. */
export function subtract(a: FieldElement, b: FieldElement): FieldElement {
  const difference = new Float64Array(LIMBS);
  for (let i = 0; i < LIMBS; i++) difference[i] = limb(a, i) - limb(b, i);
  return carry(difference);
}

/** The product a b. */
export function multiply(a: FieldElement, b: FieldElement): FieldElement {
  const columns = new Float64Array(2 * LIMBS);
  for (let i = 0; i < LIMBS; i++) {
    const factor = limb(a, i);
    for (let j = 0; j < LIMBS; j++) {
      columns[i + j] = limb(columns, i + j) + factor * limb(b, j);
    }
  }
  const product = new Float64Array(LIMBS);
  // 2^256 is 38 modulo p, so a column 16 places up counts 38 times.
  for (let i = 0; i < LIMBS; i++) product[i] = limb(columns, i) + 38 * limb(columns, i + LIMBS);
  return carry(carry(product));
}

/** a^-1, by Fermat a^(p-2); 0 for 0. */
export function invert(a: FieldElement): FieldElement {
  const a2 = multiply(a, a);
  const a8 = squareTimes(a2, 2);
  const a11 = multiply(multiply(a8, a2), a);
  return multiply(squareTimes(power2To250Less1(a), 5), a11); // 2^255 - 32 + 11 = p - 2
}

/** The Legendre symbol a^((p-1)/2) as an element: 1 for a square, -1 for a non-square, 0 for 0. */
export function legendre(a: FieldElement): FieldElement {
  const a2 = multiply(a, a);
  const a6 = multiply(multiply(a2, a2), a2);
  return multiply(squareTimes(power2To250Less1(a), 4), a6); // 2^254 - 16 + 6 = (p - 1) / 2
}

function power2To250Less1(a: FieldElement): FieldElement {
  // extend(x, n, y) with x = a^(2^m - 1), y = a^(2^n - 1) gives a^(2^(m+n) - 1).
  const extend = (x: FieldElement, n: number, y: FieldElement): FieldElement =>
    multiply(squareTimes(x, n), y);
  const to2 = extend(a, 1, a);
  const to4 = extend(to2, 2, to2);
  const to5 = extend(to4, 1, a);
  const to10 = extend(to5, 5, to5);
  const to20 = extend(to10, 10, to10);
  const to40 = extend(to20, 20, to20);
  const to50 = extend(to40, 10, to10);
  const to100 = extend(to50, 50, to50);
  const to200 = extend(to100, 100, to100);
  return extend(to200, 50, to50);
}

function squareTimes(a: FieldElement, times: number): FieldElement {
  let result = a;
  for (let i = 0; i < times; i++) result = multiply(result, result);
  return result;
}

function carry(element: FieldElement): FieldElement {
  let over = 0;
  for (let i = 0; i < LIMBS; i++) {
    const sum = limb(element, i) + over;
    over = Math.floor(sum / RADIX);
    element[i] = sum - over * RADIX;
  }
  element[0] = limb(element, 0) + 38 * over;
  return element;
}

function subtractPrimeIfNotBelow(value: FieldElement): void {
  const less = new Float64Array(LIMBS);
  let borrow = 0;
  for (let i = 0; i < LIMBS; i++) {
    const prime = i === 0 ? 0xffed : i === LIMBS - 1 ? 0x7fff : 0xffff;
    const sum = limb(value, i) - prime + borrow;
    borrow = Math.floor(sum / RADIX);
    less[i] = sum - borrow * RADIX;
  }
  // borrow is -1 if the value was below p, else 0: an arithmetic choice instead of a branch.
  for (let i = 0; i < LIMBS; i++) {
    value[i] = limb(value, i) * -borrow + limb(less, i) * (1 + borrow);
  }
}

function limb(element: Float64Array, index: number): number {
  // Every index used is in range; the alternative only satisfies the compiler.
  return element[index] ?? 0;
}
