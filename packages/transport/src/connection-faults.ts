import { simulatedError, TransportError } from "./errors.ts";
import type { MemoryPipe, PipeGate } from "./memory-pipe.ts";

/** The direction of a connection's bytes: to the side that listened, or to the one that dialled. */
export type Direction = "toServer" | "toClient";

/** The way in which a connection is cut: both sides get `ECONNRESET`, or both find a clean end of the stream. */
export type Cut = "reset" | "end";

/**
 * The faults of one connection. They change when and in which chunks bytes arrive, and where they
 * stop; never their order or value. A call replaces what an earlier one of the same name said.
 * Without a direction it is meant for both. All throw `IPC_TRANSPORT_OPTION` for a number out of
 * range.
 */
export interface ConnectionFaults {
  /**
   * Hand the bytes over in chunks of this size, at least 1, across the boundaries of what was sent,
   * as a socket may do. A chunk is smaller when no more bytes wait.
   */
  split(size: number, direction?: Direction): void;
  /**
   * Let what is sent from now on arrive so many milliseconds later, the end of the stream included. What is
   * sent later never overtakes.
   */
  delay(milliseconds: number, direction?: Direction): void;
  /**
   * Let nothing arrive, not even an end, until `release`: the peer is alive and silent. What is sent
   * meanwhile waits at its sender, whose `send` answers false at the high-water mark.
   */
  stall(direction?: Direction): void;
  /** Let arrive what `stall` held. */
  release(direction?: Direction): void;
  /** End the open connection now. Nothing that is under way arrives. Default: `"reset"`. */
  cut(how?: Cut): void;
  /**
   * End the connection when that many bytes, counted from its beginning, have arrived in a
   * direction; at once if they have. With 0 it ends as soon as it is open. Default: `"reset"`.
   */
  cutAfter(byteCount: number, direction: Direction, how?: Cut): void;
  /** The bytes that have arrived in a direction so far. */
  arrived(direction: Direction): number;
  /** End all faults: take back all the settings above. What is delayed already stays so. */
  clear(): void;
}

/** Bytes that entered a line together. */
interface Entry {
  bytes: number;
  ripe: boolean;
}

/** Counts the bytes of a pipe that have waited long enough: those before the first that has not. */
class DelayLine {
  readonly #entries = new Set<Entry>();

  /** True if the first entry may leave, or there is none. */
  get ripe(): boolean {
    return this.#first?.ripe !== false;
  }

  /** The bytes of the first entry that are left. */
  get firstBytes(): number {
    return this.#first?.bytes ?? 0;
  }

  /** All bytes that may leave. */
  get ripeBytes(): number {
    let bytes = 0;
    for (const entry of this.#entries) {
      if (!entry.ripe) break;
      bytes += entry.bytes;
    }
    return bytes;
  }

  /** Append bytes, or with 0 the end of the stream; answers what to call when they have ripened. */
  append(bytes: number): () => void {
    const entry = { bytes, ripe: false };
    this.#entries.add(entry);
    return () => {
      entry.ripe = true;
    };
  }

  /** Let bytes leave. */
  take(bytes: number): void {
    let left = bytes;
    for (const entry of this.#entries) {
      if (left <= 0) return;
      const part = Math.min(entry.bytes, left);
      entry.bytes -= part;
      left -= part;
      if (entry.bytes === 0) this.#entries.delete(entry);
    }
  }

  /** Drop all but so many bytes at the head. */
  keep(bytes: number): void {
    let left = bytes;
    for (const entry of this.#entries) {
      entry.bytes = Math.min(entry.bytes, left);
      left -= entry.bytes;
      if (entry.bytes === 0) this.#entries.delete(entry);
    }
  }

  get #first(): Entry | undefined {
    const [first] = this.#entries;
    return first;
  }
}

/** The faults of one direction. */
export interface FaultSettings {
  readonly size: number | undefined;
  /** Milliseconds. */
  readonly delay: number;
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

/** Runs a task after so many milliseconds. */
export type Timer = (task: () => void, milliseconds: number) => void;

/** The parts that a gate drives: its pipe, and the cut of the whole connection. */
export interface Gated {
  wake(): void;
  cut(how: Cut): void;
}

/** The faults of one direction of one connection, as the gate of its pipe. */
export class FaultGate implements PipeGate {
  readonly #timer: Timer;
  readonly #line = new DelayLine();
  #settings: FaultSettings;
  #gated: Gated | undefined;
  #arrived = 0;

  constructor(settings: FaultSettings, timer: Timer) {
    this.#settings = settings;
    this.#timer = timer;
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
    const { delay } = this.#settings;
    const arrive = (): void => {
      ripen();
      this.#gated?.wake();
    };
    if (delay === 0) arrive();
    else this.#timer(arrive, delay);
  }

  keep(bytes: number): void {
    this.#line.keep(bytes);
  }

  nextSize(): number {
    const { size, cut } = this.#settings;
    const wanted = size ?? this.#line.firstBytes;
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
}

/** The longest delay in milliseconds, 24 days: beyond it Node.js timers fire at once. */
const MAX_DELAY = 0x7fff_ffff;

/** The commands of a test as changes of settings, the same for one connection and for all. */
export abstract class FaultCommands implements ConnectionFaults {
  split(size: number, direction?: Direction): void {
    checkNumber("size of split", size, 1);
    this.configure({ size }, direction);
  }

  delay(milliseconds: number, direction?: Direction): void {
    checkNumber("delay", milliseconds, 0, MAX_DELAY);
    this.configure({ delay: milliseconds }, direction);
  }

  stall(direction?: Direction): void {
    this.configure({ stalled: true }, direction);
  }

  release(direction?: Direction): void {
    this.configure({ stalled: false }, direction);
  }

  cutAfter(byteCount: number, direction: Direction, how: Cut = "reset"): void {
    checkNumber("offset of cutAfter", byteCount, 0);
    this.configure({ cut: { after: byteCount, how } }, direction);
  }

  clear(): void {
    this.configure(NO_FAULTS);
  }

  abstract cut(how?: Cut): void;

  abstract arrived(direction: Direction): number;

  abstract configure(change: Partial<FaultSettings>, direction?: Direction): void;
}

/** Something for each direction of a connection. */
export type Directions<T> = { readonly [direction in Direction]: T };

/** The faults of one connection and the two gates in its pipes. */
export class ConnectionInjector extends FaultCommands {
  readonly gates: Directions<FaultGate>;
  #state: "to come" | "open" | "cut" = "to come";
  #cutPipes: ((how: Cut) => void) | undefined;

  constructor(settings: Directions<FaultSettings>, timer: Timer) {
    super();
    this.gates = {
      toServer: new FaultGate(settings.toServer, timer),
      toClient: new FaultGate(settings.toClient, timer),
    };
  }

  /** Take effect on the pipes of the connection, which has just been opened. */
  bind(pipes: Directions<MemoryPipe>, address: string): void {
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
      this.gates[direction].bind({ wake, cut });
    }
  }

  /** True if it has been dialled. */
  get opened(): boolean {
    return this.#state !== "to come";
  }

  cut(how: Cut = "reset"): void {
    if (this.#state === "to come") {
      throw new TransportError(
        "IPC_TRANSPORT_OPTION",
        "faults",
        "The connection to cut is not open yet. Dial first, or call cutAfter(0, direction).",
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

/** Refuse, with `IPC_TRANSPORT_OPTION`, what is no integer or out of bounds. */
export function checkNumber(
  what: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new TransportError(
    "IPC_TRANSPORT_OPTION",
    "faults",
    `The ${what} is ${JSON.stringify(value)}, but must be an integer from ${least} to ${most}.`,
  );
}
