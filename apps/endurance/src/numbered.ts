/** A message of which one can tell whether it is the next, and whether it is whole. */
export interface Numbered {
  /** The number, from 0 on, counting events and calls together. */
  readonly number: number;
  readonly body: string | Uint8Array;
}

/** The message of a number: mostly small, now and then larger than a socket's buffer. */
export function numbered(number: number): Numbered {
  return { number, body: bodyOf(number) };
}

/** True if the message is as its sender made it. */
export function isWhole({ number, body }: Numbered): boolean {
  const expected = bodyOf(number);
  if (typeof expected === "string" || typeof body === "string") return body === expected;
  return Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength).equals(body);
}

function bodyOf(number: number): string | Uint8Array {
  const filling = (number * 31) % 64;
  if (number % 4_999 === 17) return Buffer.alloc(300_000, filling);
  if (number % 499 === 3) return Buffer.alloc(1_000 + filling, filling);
  const letter = String.fromCharCode(48 + filling);
  return letter.repeat(number % 997 === 5 ? 9_000 : filling);
}
