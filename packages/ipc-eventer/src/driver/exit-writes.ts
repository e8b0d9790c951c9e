import { realTime } from "@ipc/transport";

/**
 * Milliseconds for which the listener stays when nothing waits: to add and remove one costs as much as a
 * small message.
 */
const rest = 5;

/** What has something to write that waits for a turn of its own. */
export interface ExitWriter {
  /** Write now: no other turn comes. Must not call back into the application. */
  handleExit(): void;
}

/** The writers of this process, or of this worker thread. */
export interface ExitWrites {
  /** True when ticks no longer run. */
  readonly areDue: boolean;
  add(writer: ExitWriter): void;
  delete(writer: ExitWriter): void;
}

/** The process of Node.js, which says so when its `exit` is under way: ticks no longer run then. */
interface ExitingProcess {
  readonly _exiting?: boolean;
}

const waiting = new Set<ExitWriter>();
let listens = false;
let timer: NodeJS.Timeout | undefined;

/**
 * Writers that are called if the process, or the worker thread, exits before their turn has come:
 * `process.exit()` and an uncaught exception leave no tick. One listener serves all of them, and is
 * there only while one waits, and some milliseconds after.
 */
export const exitWrites: ExitWrites = {
  get areDue() {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a member that the types leave out
    return (process as ExitingProcess)._exiting === true;
  },

  add(writer) {
    waiting.add(writer);
    if (listens) return;
    listens = true;
    process.on("exit", writeAll);
  },

  delete(writer) {
    waiting.delete(writer);
    if (waiting.size === 0 && listens) timer ??= realTime.setTimeout(stop, rest).unref();
  },
};

function stop(): void {
  timer = undefined;
  if (waiting.size > 0) return;
  listens = false;
  process.off("exit", writeAll);
}

function writeAll(): void {
  for (const writer of waiting) writer.handleExit();
}
