import { encodePing } from "../messages/control.ts";
import type { Chunk } from "./batch.ts";
import type { ByteWriter, ConnectionWriter } from "./connection-writer.ts";
import type { SendSchedule } from "./send-schedule.ts";

/** Bytes that a line without a number takes beside its own while it waits: it is a string of its own until then. */
const lineOverhead = 64;

/** The chunks of a write when there are none. */
const nothing: readonly Chunk[] = [];

/**
 * Writes everything of a session to its connection: lines without a number first, then messages, the goodbye
 * at the end.
 */
export class Transmission {
  readonly #schedule: SendSchedule;
  /** The present connection; `undefined` while there is none. */
  #connection: ConnectionWriter | undefined;
  #control = "";
  #controlLines = 0;
  #farewell = "";

  constructor(schedule: SendSchedule, connection: ConnectionWriter) {
    this.#schedule = schedule;
    this.#connection = connection;
  }

  /** Write on this connection from now on. */
  attach(connection: ConnectionWriter): void {
    this.#connection = connection;
  }

  /** The connection is gone, and with it all that concerned it alone. */
  detach(): void {
    this.#connection = undefined;
    this.#forgetControl();
    this.#schedule.restart();
  }

  /** Queue a line without a number, LF included. */
  pushControl(line: string): void {
    this.#control += line;
    this.#controlLines++;
  }

  /** Set the farewell, a bye or an error, which goes after everything else. */
  pushFarewell(line: string): void {
    this.#farewell += line;
  }

  /** Nothing follows what is queued. */
  shut(): void {
    this.#connection?.shut();
  }

  /** True while there is a connection, and it takes what is written now. */
  get flows(): boolean {
    return this.#connection?.blocked === false && this.#schedule.isOpen;
  }

  /** True while new events and calls leave at once. */
  get ready(): boolean {
    return this.flows && !this.#schedule.holds;
  }

  /** True while there is a connection. */
  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** The number of times that the connection has passed everything on, after it wanted no more. */
  get drains(): number {
    return this.#connection?.drains ?? 0;
  }

  /** True if there is a connection whose peer reads or acknowledges nothing at present. */
  get stuck(): boolean {
    return this.#connection !== undefined && !this.flows;
  }

  /** Bytes of control messages that the connection does not take, with what each takes beside its own. */
  get stuckControlBytes(): number {
    if (this.#connection?.blocked !== true) return 0;
    return this.#control.length + lineOverhead * this.#controlLines;
  }

  /** Bytes handed over that the operating system has not taken yet. */
  get unsentBytes(): number {
    return this.#connection?.unsentBytes ?? 0;
  }

  /** Bytes accepted beside messages, and bytes handed over, that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#control.length + this.#farewell.length + this.unsentBytes;
  }

  /** True if lanes other than 0 can be told apart. */
  get hasLanes(): boolean {
    return this.#schedule.hasLanes;
  }

  /** True if nothing waits to be handed to the connection. */
  get empty(): boolean {
    return this.#isThrough() && this.#connection?.empty !== false;
  }

  /**
   * Hand everything to the connection, in as few writes as hold it, unless it wants no more at
   * present. Unless `mayEnd`, something may still follow the farewell.
   */
  writeOut(writer: ByteWriter, mayEnd: boolean): void {
    const connection = this.#connection;
    if (connection === undefined || connection.blocked) return;
    if (connection.isOver) {
      this.#forgetControl();
      this.#farewell = "";
      return;
    }
    connection.writeClear(writer);
    while (!connection.blocked) {
      const out = this.#gather();
      if (out.length === 0) break;
      connection.write(writer, out);
    }
    if (mayEnd && !connection.blocked && this.#isThrough()) connection.writeEnd(writer);
  }

  /** The connection has passed everything on. */
  handleDrain(): void {
    this.#connection?.handleDrain();
  }

  /** Forget what waits. */
  clear(): void {
    this.#connection?.clear();
    this.#forgetControl();
    this.#farewell = "";
  }

  /** The chunks of one write. */
  #gather(): readonly Chunk[] {
    const hasWords = this.#control !== "" || this.#farewell !== "";
    if (!hasWords && this.#schedule.atRest) return nothing;
    const out: Chunk[] = [];
    if (this.#control !== "") out.push(this.#control);
    this.#forgetControl();
    this.#schedule.gather(out);
    if (this.#farewell !== "" && this.#schedule.isThrough) {
      out.push(this.#farewell);
      this.#farewell = "";
    } else if (this.#schedule.asks()) {
      out.push(encodePing(0));
    }
    return out;
  }

  #forgetControl(): void {
    this.#control = "";
    this.#controlLines = 0;
  }

  #isThrough(): boolean {
    return this.#control === "" && this.#farewell === "" && this.#schedule.isThrough;
  }
}
