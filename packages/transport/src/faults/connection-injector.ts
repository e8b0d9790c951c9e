import { simulatedError, TransportError } from "../errors.ts";
import type { MemoryPipe, Schedule } from "../memory-pipe.ts";
import { FaultCommands } from "./fault-commands.ts";
import { FaultGate, type FaultSettings, type FaultSources } from "./fault-gate.ts";
import type { Cut, Direction } from "./faults.ts";

/** Something for each direction of a connection. */
export type Directions<T> = { readonly [direction in Direction]: T };

/** The faults of one connection and the two gates in its pipes. */
export class ConnectionInjector extends FaultCommands {
  readonly gates: Directions<FaultGate>;
  #state: "to come" | "open" | "cut" = "to come";
  #cutPipes: ((how: Cut) => void) | undefined;

  constructor(settings: Directions<FaultSettings>, sources: FaultSources) {
    super();
    this.gates = {
      toServer: new FaultGate(settings.toServer, sources),
      toClient: new FaultGate(settings.toClient, sources),
    };
  }

  /** Take effect on the pipes of the connection, which has just been opened. */
  bind(pipes: Directions<MemoryPipe>, address: string, schedule: Schedule): void {
    this.#state = "open";
    this.#cutPipes = (how) => {
      const error = simulatedError("talk over", address, "ECONNRESET");
      for (const pipe of [pipes.toServer, pipes.toClient]) {
        if (how === "reset") pipe.shut(error);
        else pipe.truncate();
      }
    };
    const cut = (how: Cut): void => this.cut(how);
    for (const direction of ["toServer", "toClient"] as const) {
      const wake = (): void => pipes[direction].wake();
      this.gates[direction].bind({ schedule, wake, cut });
    }
  }

  /** Whether it has been dialled. */
  get opened(): boolean {
    return this.#state !== "to come";
  }

  cut(how: Cut = "reset"): void {
    if (this.#state === "to come") {
      throw new TransportError(
        "IPC_TRANSPORT_OPTION",
        "faults",
        "The connection to cut is not open yet. Dial first, or say cutAfter(0, direction).",
      );
    }
    if (this.#state === "cut") return;
    // A stall or delay does not hold the end of a cut connection.
    this.clear();
    this.#state = "cut";
    this.#cutPipes?.(how);
  }

  arrived(direction: Direction): number {
    return this.gates[direction].arrived;
  }

  configure(change: Partial<FaultSettings>, direction?: Direction): void {
    if (this.#state === "cut") return;
    if (direction !== "toClient") this.gates.toServer.configure(change);
    if (direction !== "toServer") this.gates.toClient.configure(change);
  }
}
