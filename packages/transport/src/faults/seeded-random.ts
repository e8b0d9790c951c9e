/**
 * A source of numbers from 0 up to, not including, 1: the same sequence for the same seed, an
 * integer. For tests that replay, not for secrets.
 */
export function seededRandom(seed: number): () => number {
  // xorshift32 with the shifts 13, 17, 5 (Marsaglia 2003); its state is never 0. The first
  // multiplication, by 2^32 over the golden ratio, takes neighbouring seeds apart.
  let state = Math.imul(seed + 1, 0x9e37_79b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
