import { type SystemErrorCode, TransportError } from "../errors.ts";
import { ConnectionInjector, type Directions } from "./connection-injector.ts";
import { FaultCommands } from "./fault-commands.ts";
import { type FaultSettings, type FaultSources, NO_FAULTS } from "./fault-gate.ts";
import type { ConnectionFaults, Cut, Direction, Faults } from "./faults.ts";
import { checkQuantity } from "./quantity.ts";

/** The faults of a memory transport, which asks `refusal` at each dial and `open` after it. */
export class FaultInjector extends FaultCommands implements Faults {
  readonly #sources: FaultSources;
  readonly #connections = new Map<number, ConnectionInjector>();
  #settings: Directions<FaultSettings> = { toServer: NO_FAULTS, toClient: NO_FAULTS };
  #refusal: { readonly code: SystemErrorCode; dials: number } | undefined;
  #connectionCount = 0;

  constructor(sources: FaultSources) {
    super();
    this.#sources = sources;
  }

  get connectionCount(): number {
    return this.#connectionCount;
  }

  connection(index: number): ConnectionFaults {
    checkQuantity("index of a connection", index, 0);
    return this.#connectionAt(index);
  }

  refuse(code: SystemErrorCode, dials: number = Number.MAX_SAFE_INTEGER): void {
    checkQuantity("number of dials to refuse", dials, 1);
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
    const connection = new ConnectionInjector(this.#settings, this.#sources);
    this.#connections.set(index, connection);
    return connection;
  }
}
