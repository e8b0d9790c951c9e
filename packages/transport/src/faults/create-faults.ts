import { checkNames, type OptionNames } from "../options.ts";
import { realTime } from "../real-time.ts";
import { FaultInjector } from "./fault-injector.ts";
import type { Faults } from "./faults.ts";
import { seededRandom } from "./seeded-random.ts";

/** Where faults take chance and time from. */
export interface FaultOptions {
  /** Gives numbers from 0 up to, not including, 1. Default: the sequence of `seededRandom(0)`. */
  random?: (() => number) | undefined;
  /** Runs a task after so many milliseconds, of a virtual clock if you like. Default: `setTimeout`. */
  timer?: ((task: () => void, milliseconds: number) => void) | undefined;
}

const faultOptions: OptionNames<FaultOptions> = { random: true, timer: true };

/** Faults for `createMemoryTransport({ faults })`: none at first. The same calls give the same run. */
export function createFaults(options: FaultOptions = {}): Faults {
  checkNames("createFaults", "faults", options, faultOptions);
  return new FaultInjector({
    random: options.random ?? seededRandom(0),
    timer: options.timer ?? ((task, milliseconds) => void realTime.setTimeout(task, milliseconds)),
  });
}
