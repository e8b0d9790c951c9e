import { recordError, type Sender } from "@ipc/protocol";
import type { Driver } from "../driver/driver.ts";
import { IPCError } from "../error.ts";
import type { CallContext, HandlerEntry } from "./handlers.ts";

/** The call whose handler is running at this moment, up to its first `await`. */
let handled: object | undefined;

/** The call whose handler is running at this moment, up to its first `await`; `undefined` outside of handlers. */
export function callBeingHandled(): object | undefined {
  return handled;
}

/** One call of the peer, from its arrival to its reply. */
export class InboundCall<S> implements CallContext<S> {
  readonly socket: S;
  readonly from: Sender | undefined;
  readonly #id: number;
  readonly #driver: Driver;
  readonly #sendStack: boolean;
  #controller: AbortController | undefined;
  #cancelled = false;

  constructor(id: number, socket: S, driver: Driver, sendStack: boolean, from: Sender | undefined) {
    this.#id = id;
    this.from = from;
    this.socket = socket;
    this.#driver = driver;
    this.#sendStack = sendStack;
  }

  /** Made at the first look: most handlers never ask. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort(cancelled());
    return this.#controller.signal;
  }

  /** Run the handler, in its turn, and send its outcome. `whenDone` is called when it has one. */
  run(entry: HandlerEntry<S>, data: unknown, whenDone: () => void): void {
    entry.acquire(this.socket, () => {
      void this.#answer(entry, data).finally(() => {
        entry.release();
        whenDone();
      });
    });
  }

  /** Nobody waits for the reply any more. */
  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort(cancelled());
  }

  async #answer(entry: HandlerEntry<S>, data: unknown): Promise<void> {
    try {
      // A call that was cancelled while it waited for its turn is not run at all; its answer, which
      // nobody gets, makes its place free.
      const reply = this.#cancelled ? undefined : await handle(this, entry, data);
      this.#driver.session.calls.reply(this.#id, reply);
    } catch (error) {
      this.#driver.session.calls.replyError(this.#id, recordError(error, this.#sendStack));
    }
    this.#driver.noteQueued();
  }
}

/** Run a handler, and let be known meanwhile whose call it has. */
function handle<S>(call: CallContext<S>, entry: HandlerEntry<S>, data: unknown): unknown {
  const outer = handled;
  handled = call;
  try {
    return entry.call(data, call);
  } finally {
    handled = outer;
  }
}

function cancelled(): IPCError {
  return new IPCError(
    "IPC_CALL_CANCELLED",
    "The reply to this call is not sent any more: the caller has given it up, or the session ends.",
  );
}
