import { realTime } from "@ipc/transport";

/** Milliseconds between two looks at the writers: to add and remove one costs as much as a small message. */
const interval = 20;

/** A source of writes that wait for a turn of their own. */
export interface ExitWriter {
  /** True while something waits for a turn. */
  readonly waits: boolean;
  /** True while it is among the writers. */
  isAdded: boolean;
  /** Write now: no other turn comes. Must not call back into the application. */
  handleExit(): void;
}

/** The process of Node.js, which says so when its `exit` is under way: ticks no longer run then. */
interface ExitingProcess {
  readonly _exiting?: boolean;
}

/**
 * The writers that are called if the process, or the worker thread, exits before their turn has come:
 * `process.exit()` and an uncaught exception leave no tick.
 *
 * A writer that is added stays for some milliseconds, however often it writes meanwhile; one listener
 * of the process serves all of them, and is there only while one is.
 */
class ExitWrites {
  readonly #writers = new Set<ExitWriter>();
  #listens = false;

  /** Add a writer that is not there. If the exit is under way, it writes now. */
  add(writer: ExitWriter): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a member that the types leave out
    if ((process as ExitingProcess)._exiting === true) {
      writer.handleExit();
      return;
    }
    writer.isAdded = true;
    this.#writers.add(writer);
    if (this.#listens) return;
    this.#listens = true;
    process.on("exit", writeAll);
    realTime.setTimeout(look, interval).unref();
  }

  /** Let those go that have nothing to write. */
  look(): void {
    for (const writer of this.#writers) if (!writer.waits) this.#delete(writer);
    if (this.#writers.size > 0) {
      realTime.setTimeout(look, interval).unref();
    } else {
      this.#listens = false;
      process.off("exit", writeAll);
    }
  }

  /** The process exits: what waits is written, and what is still emitted, by other listeners of the exit, at once. */
  writeAll(): void {
    for (const writer of this.#writers) {
      this.#delete(writer);
      writer.handleExit();
    }
  }

  #delete(writer: ExitWriter): void {
    writer.isAdded = false;
    this.#writers.delete(writer);
  }
}

export const exitWrites: ExitWrites = new ExitWrites();

function look(): void {
  exitWrites.look();
}

function writeAll(): void {
  exitWrites.writeAll();
}
