import { type FaultSettings, NO_FAULTS } from "./fault-gate.ts";
import type { ConnectionFaults, Cut, Delay, Direction } from "./faults.ts";
import { checkQuantity, type Quantity } from "./quantity.ts";

/** The longest delay in milliseconds, 24 days: beyond it Node.js timers fire at once. */
const MAX_DELAY = 0x7fff_ffff;

/** The commands of a test as changes of settings, the same for one connection and for all. */
export abstract class FaultCommands implements ConnectionFaults {
  split(size: Quantity, direction?: Direction): void {
    checkQuantity("size of split", size, 1);
    this.configure({ size }, direction);
  }

  delay(delay: Delay, direction?: Direction): void {
    if (typeof delay === "object" && "turns" in delay) checkQuantity("delay", delay.turns, 0);
    else checkQuantity("delay", delay, 0, MAX_DELAY);
    this.configure({ delay }, direction);
  }

  stall(direction?: Direction): void {
    this.configure({ stalled: true }, direction);
  }

  release(direction?: Direction): void {
    this.configure({ stalled: false }, direction);
  }

  cutAfter(byteCount: number, direction: Direction, how: Cut = "reset"): void {
    checkQuantity("offset of cutAfter", byteCount, 0);
    this.configure({ cut: { after: byteCount, how } }, direction);
  }

  clear(): void {
    this.configure(NO_FAULTS);
  }

  abstract cut(how?: Cut): void;

  abstract arrived(direction: Direction): number;

  abstract configure(change: Partial<FaultSettings>, direction?: Direction): void;
}
