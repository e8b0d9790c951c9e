/** A source of writes that wait for a turn of their own. */
export interface ExitWriter {
  /** Write what waits for a turn now: no other turn comes. Must not call back into the application. */
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
 * A writer is there as long as it has a connection; one listener of the process serves all of them.
 */
class ExitWrites {
  readonly #writers = new Set<ExitWriter>();
  /** True once the writers were called: what is emitted now, by other listeners of the exit, leaves at once. */
  isOver = false;

  /** Add a writer. */
  add(writer: ExitWriter): void {
    if (this.#writers.size === 0) process.on("exit", writeAll);
    this.#writers.add(writer);
  }

  /** Remove a writer, if it is there. */
  delete(writer: ExitWriter): void {
    if (this.#writers.delete(writer) && this.#writers.size === 0) process.off("exit", writeAll);
  }

  /** The process exits: what waits is written. */
  writeAll(): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a member that the types leave out
    this.isOver = (process as ExitingProcess)._exiting === true;
    for (const writer of this.#writers) writer.handleExit();
  }
}

export const exitWrites: ExitWrites = new ExitWrites();

function writeAll(): void {
  exitWrites.writeAll();
}
