import type { Dice } from "./dice.ts";
import type { RecoveryPair } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";

/** A pair to which things happen at random: its connection is cut, a side reads nothing for a while, time passes. */
export class RandomPair {
  readonly pair: RecoveryPair;
  readonly #dice: Dice;

  constructor(pair: RecoveryPair, dice: Dice) {
    this.pair = pair;
    this.#dice = dice;
  }

  get sides(): readonly Side[] {
    return [this.pair.client, this.pair.server];
  }

  /** A whole number below `sides`. */
  roll(sides: number): number {
    return this.#dice.roll(sides);
  }

  /**
   * Connect, let so many things happen, and let both sides read again what comes. After each step `then` is called.
   */
  play(
    steps: number,
    act: (side: Side, what: number) => void,
    then: () => void = () => undefined,
  ): void {
    this.pair.connect();
    for (let step = 0; step < steps; step++) {
      this.#step(act);
      then();
    }
    this.#calm();
  }

  /** Let something happen to the link, or to a side; or else, with `act`, let a side do one of nine things. */
  #step(act: (side: Side, what: number) => void): void {
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

  #calm(): void {
    for (const side of this.sides) {
      side.held = false;
      if (side.blocked) side.drain();
    }
  }
}
