import { DelayLine } from "./delay-line.ts";
import type { Cut, Delay } from "./faults.ts";
import type { PipeGate, Schedule } from "../memory-pipe.ts";
import { draw, type Quantity } from "./quantity.ts";

/** The faults of one direction. */
export interface FaultSettings {
  readonly size: Quantity | undefined;
  readonly delay: Delay;
  readonly stalled: boolean;
  readonly cut: { readonly after: number; readonly how: Cut } | undefined;
}

/** The settings of a direction without faults. */
export const NO_FAULTS: FaultSettings = {
  size: undefined,
  delay: 0,
  stalled: false,
  cut: undefined,
};

/** The time and chance that faults draw on. */
export interface FaultSources {
  readonly random: () => number;
  readonly timer: (task: () => void, milliseconds: number) => void;
}

/** The parts that a gate drives: its pipe, and the cut of the whole connection. */
export interface Gated {
  readonly schedule: Schedule;
  wake(): void;
  cut(how: Cut): void;
}

/** The faults of one direction of one connection, as the gate of its pipe. */
export class FaultGate implements PipeGate {
  readonly #sources: FaultSources;
  readonly #line = new DelayLine();
  #settings: FaultSettings;
  #gated: Gated | undefined;
  #arrived = 0;

  constructor(settings: FaultSettings, sources: FaultSources) {
    this.#settings = settings;
    this.#sources = sources;
  }

  get arrived(): number {
    return this.#arrived;
  }

  get open(): boolean {
    return !this.#settings.stalled && this.#line.ripe;
  }

  /** Take effect on a pipe. */
  bind(gated: Gated): void {
    this.#gated = gated;
    this.#cutIfDue();
  }

  configure(change: Partial<FaultSettings>): void {
    this.#settings = { ...this.#settings, ...change };
    this.#cutIfDue();
    this.#gated?.wake();
  }

  admit(byteLength: number): void {
    const ripen = this.#line.append(byteLength);
    this.#later(() => {
      ripen();
      this.#gated?.wake();
    });
  }

  keep(bytes: number): void {
    this.#line.keep(bytes);
  }

  nextSize(): number {
    const { size, cut } = this.#settings;
    const wanted = size === undefined ? this.#line.firstBytes : draw(size, this.#sources.random);
    const allowed = cut === undefined ? wanted : Math.min(wanted, cut.after - this.#arrived);
    return Math.min(allowed, this.#line.ripeBytes);
  }

  letThrough(byteLength: number): void {
    this.#arrived += byteLength;
    this.#line.take(byteLength);
    this.#cutIfDue();
  }

  #cutIfDue(): void {
    const { cut } = this.#settings;
    if (cut !== undefined && this.#arrived >= cut.after) this.#gated?.cut(cut.how);
  }

  #later(task: () => void): void {
    const { delay } = this.#settings;
    if (typeof delay === "object" && "turns" in delay) {
      this.#afterTurns(draw(delay.turns, this.#sources.random), task);
      return;
    }
    const milliseconds = draw(delay, this.#sources.random);
    if (milliseconds === 0) task();
    else this.#sources.timer(task, milliseconds);
  }

  #afterTurns(turns: number, task: () => void): void {
    if (turns === 0) task();
    else this.#gated?.schedule(() => this.#afterTurns(turns - 1, task));
  }
}
