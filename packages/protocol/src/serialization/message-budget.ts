/** Elements that the sparse arrays of one message may be without: a few bytes of text could ask for any number. */
export const maxHoles: number = 64 * 1024;

/** Decimal digits of a bigint: more than the largest numbers of cryptography have; its time is quadratic. */
export const maxBigintDigits = 4096;

/**
 * Characters of all the regular expressions of one message, those with the flag `v` counted sixteenfold: V8 takes
 * 1 MiB and 1 ms for the 15 characters of `\p{RGI_Emoji}`, and a tenth of a second for these.
 */
export const maxPatternLength: number = 16 * 1024;

/**
 * The square of how many numbers are keys of one Map or members of one Set, summed over a message. V8 hashes
 * them without a seed: they can be chosen to collide, and this is twice the steps that a peer can cause. A
 * step from one bigint to the next costs more, in proportion to what both begin with: a bigint counts as so
 * many numbers.
 */
export const maxNumericKeySquares: number = 16_384 ** 2;

/** Numbers as which a bigint counts that is a key; 32 if it has more than 1,024 bits. */
const [shortBigint, longBigint] = [8, 32];
const mostOfShort = 2n ** 1024n;

/**
 * The rest that one message may use of everything that costs more than its text. Each method answers false
 * beyond the limit.
 */
export class MessageBudget {
  #holes = maxHoles;
  #patternLength = maxPatternLength;
  #numericKeySquares = maxNumericKeySquares;
  /** True if there is a regular expression that this runtime does not know. */
  unknownPattern = false;

  takeHoles(count: number): boolean {
    this.#holes -= count;
    return this.#holes >= 0;
  }

  takePattern(source: string, flags: string): boolean {
    this.#patternLength -= source.length * (flags.includes("v") ? 16 : 1);
    return this.#patternLength >= 0;
  }

  /** For the keys of one Map, or the members of one Set, before any is put in. */
  takeKeys(keys: Iterable<unknown>): boolean {
    let count = 0;
    for (const key of keys) {
      if (typeof key === "number") count++;
      else if (typeof key === "bigint") count += isShort(key) ? shortBigint : longBigint;
    }
    this.#numericKeySquares -= count ** 2;
    return this.#numericKeySquares >= 0;
  }
}

function isShort(value: bigint): boolean {
  return value < mostOfShort && value > -mostOfShort;
}
