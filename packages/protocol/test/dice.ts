import { Buffer } from "node:buffer";

/** Numbers that are the same for the same seed, evenly below a bound (mulberry32). */
export class Dice {
  #state: number;

  /** The seed is a whole number from 0 to 2^32 - 1. */
  constructor(seed: number) {
    if (seed >>> 0 !== seed) throw new RangeError(`${seed} is no seed from 0 to 2^32 - 1`);
    this.#state = seed;
  }

  /** A whole number from 0 to below a bound; 0 if the bound is 0. */
  roll(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.roll(256)));
  }
}

/** True if the environment asks for the long form of tests that play at random. */
export const isLong: boolean = process.env["IPC_TEST_LONG"] !== undefined;

/** The number of rounds of a test: as the environment says under `name`, else that of the short or the long form. */
export function countOf(name: string, short: number, long: number): number {
  return fromEnvironment(name, 1) ?? (isLong ? long : short);
}

/** The seed from which on a test plays: IPC_TEST_SEED, or another one. */
export function firstSeed(otherwise: number): number {
  return fromEnvironment("IPC_TEST_SEED", 0) ?? otherwise;
}

/**
 * Plays so often, each time with the dice of another seed, from `first` on or from IPC_TEST_SEED. An error names the
 * seed with which it comes again.
 */
export function playSeeds(count: number, first: number, play: (dice: Dice) => void): void {
  const from = firstSeed(first);
  for (let number = 0; number < count; number++) {
    const seed = (from + number) >>> 0;
    try {
      play(new Dice(seed));
    } catch (cause) {
      throw new Error(`IPC_TEST_SEED=${seed}: ${String(cause)}`, { cause });
    }
  }
}

function fromEnvironment(name: string, least: number): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${name} is ${text}, and no whole number from ${least} on`);
}
