import {
  checkNumber,
  type ConnectionFaults,
  ConnectionInjector,
  type Cut,
  type Direction,
  type Directions,
  FaultCommands,
  type FaultSettings,
  NO_FAULTS,
  type Timer,
} from "./connection-faults.ts";
import { type SystemErrorCode, TransportError } from "./errors.ts";
import { checkNames, type OptionNames } from "./options.ts";
import { realTime } from "./real-time.ts";

/**
 * The faults of a memory transport, held and steered by a test. Said here, a fault is meant for all
 * connections, present and to come; `cut` for the present ones, `arrived` for the sum of all.
 */
export interface Faults extends ConnectionFaults {
  /** The connections opened so far. */
  readonly connectionCount: number;
  /**
   * The faults of one connection, counted from 0 in the order of dialling. It may still be to come:
   * its settings then hold from its first byte on. `cut` throws `IPC_TRANSPORT_OPTION` before.
   */
  connection(index: number): ConnectionFaults;
  /**
   * Let dials fail with that code, an operating system's such as `ECONNREFUSED` or `EAGAIN`: the
   * next `dials` ones, by default all until `accept` or `clear`.
   */
  refuse(code: SystemErrorCode, dials?: number): void;
  /** Let dials through again. */
  accept(): void;
}

/** The source of time for faults. */
export interface FaultOptions {
  /** Runs a task after so many milliseconds, of a virtual clock if you like. Default: `setTimeout`. */
  timer?: Timer | undefined;
}

const faultOptions: OptionNames<FaultOptions> = { timer: true };

/** Faults for `createMemoryTransport({ faults })`: none at first. The same calls give the same run. */
export function createFaults(options: FaultOptions = {}): Faults {
  checkNames("createFaults", "faults", options, faultOptions);
  return new FaultInjector(
    options.timer ?? ((task, milliseconds) => void realTime.setTimeout(task, milliseconds)),
  );
}

/** The faults of a memory transport, which asks `refusal` at each dial and `open` after it. */
export class FaultInjector extends FaultCommands implements Faults {
  readonly #timer: Timer;
  readonly #connections = new Map<number, ConnectionInjector>();
  #settings: Directions<FaultSettings> = { toServer: NO_FAULTS, toClient: NO_FAULTS };
  #refusal: { readonly code: SystemErrorCode; dials: number } | undefined;
  #connectionCount = 0;

  constructor(timer: Timer) {
    super();
    this.#timer = timer;
  }

  get connectionCount(): number {
    return this.#connectionCount;
  }

  connection(index: number): ConnectionFaults {
    checkNumber("index of a connection", index, 0);
    return this.#connectionAt(index);
  }

  refuse(code: SystemErrorCode, dials: number = Number.MAX_SAFE_INTEGER): void {
    checkNumber("number of dials to refuse", dials, 1);
    if (!/^E[A-Z0-9]+$/u.test(code)) {
      throw new TransportError(
        "IPC_TRANSPORT_OPTION",
        "faults",
        `"${code}" is no code of an operating system. Refuse with one such as ECONNREFUSED.`,
      );
    }
    this.#refusal = { code, dials };
  }

  accept(): void {
    this.#refusal = undefined;
  }

  override clear(): void {
    this.accept();
    super.clear();
  }

  cut(how: Cut = "reset"): void {
    for (const connection of this.#opened()) connection.cut(how);
  }

  arrived(direction: Direction): number {
    return this.#opened().reduce((sum, connection) => sum + connection.arrived(direction), 0);
  }

  /** The code with which this dial fails, if it shall. */
  refusal(): SystemErrorCode | undefined {
    const refusal = this.#refusal;
    if (refusal === undefined) return undefined;
    refusal.dials -= 1;
    if (refusal.dials === 0) this.#refusal = undefined;
    return refusal.code;
  }

  /** The faults of the connection that is being opened. */
  open(): ConnectionInjector {
    const connection = this.#connectionAt(this.#connectionCount);
    this.#connectionCount += 1;
    return connection;
  }

  configure(change: Partial<FaultSettings>, direction?: Direction): void {
    const { toServer, toClient } = this.#settings;
    this.#settings = {
      toServer: direction === "toClient" ? toServer : { ...toServer, ...change },
      toClient: direction === "toServer" ? toClient : { ...toClient, ...change },
    };
    for (const connection of this.#connections.values()) connection.configure(change, direction);
  }

  #opened(): ConnectionInjector[] {
    return [...this.#connections.values()].filter(({ opened }) => opened);
  }

  #connectionAt(index: number): ConnectionInjector {
    const known = this.#connections.get(index);
    if (known !== undefined) return known;
    const connection = new ConnectionInjector(this.#settings, this.#timer);
    this.#connections.set(index, connection);
    return connection;
  }
}
