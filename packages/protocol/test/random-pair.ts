import type { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";

/** A sequence of numbers below 1 that is the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A pair to which things happen at random: its connection is cut, a side reads nothing for a while, time passes. */
export class RandomPair {
  readonly pair: RecoveryPair;
  readonly #random: () => number;

  constructor(pair: RecoveryPair, random: () => number) {
    this.pair = pair;
    this.#random = random;
  }

  get sides(): readonly Side[] {
    return [this.pair.client, this.pair.server];
  }

  /** A whole number below `sides`. */
  roll(sides: number): number {
    return Math.floor(this.#random() * sides);
  }

  /** Let something happen to the link, or to a side; or else, with `act`, let a side do one of nine things. */
  step(act: (side: Side, what: number) => void): void {
    const { pair } = this;
    const side = this.roll(2) === 0 ? pair.client : pair.server;
    const what = this.roll(16);
    switch (what) {
      case 0:
        pair.cut();
        break;
      case 1:
      case 2:
        if (!pair.connected) pair.dial();
        break;
      case 3:
        pair.pass(this.roll(200));
        break;
      case 4:
        if (pair.connected) side.blocked = true;
        break;
      case 5:
        if (side.blocked) side.drain();
        break;
      case 6:
        side.held = !side.held;
        side.pump();
        break;
      default:
        act(side, what - 7);
    }
  }

  /** Let both sides read and deliver again what comes. */
  calm(): void {
    for (const side of this.sides) {
      side.held = false;
      if (side.blocked) side.drain();
    }
  }
}
