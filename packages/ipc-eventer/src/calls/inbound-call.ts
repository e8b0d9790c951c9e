import { recordError, type Sender } from "@ipc/protocol";
import type { Driver } from "../driver/driver.ts";
import { IPCError } from "../error.ts";
import type { CallContext, HandlerEntry } from "./handlers.ts";

/** The call that a handler is running for at this moment, up to its first `await`. */
let handled: object | undefined;

/** The call that a handler is running for at this moment, up to its first `await`; `undefined` outside of handlers. */
export function callBeingHandled(): object | undefined {
  return handled;
}

/** What a call asks of the server or client that answers it. */
interface ReplyOwner<S> {
  /** Whether the stacks of handlers' errors are sent. */
  readonly sendStacks: boolean;
  /** A handler's reply could not be sent. */
  handleReport(error: unknown, socket: S): void;
}

/** One call of the peer, from its arrival to its reply. */
export class InboundCall<S> implements CallContext<S> {
  readonly socket: S;
  readonly from: Sender | undefined;
  readonly #id: number;
  readonly #driver: Driver;
  readonly #owner: ReplyOwner<S>;
  /** What runs it, or will in its turn. */
  #entry: HandlerEntry<S> | undefined;
  #controller: AbortController | undefined;
  #cancelled = false;

  constructor(
    id: number,
    socket: S,
    driver: Driver,
    owner: ReplyOwner<S>,
    from: Sender | undefined,
  ) {
    this.#id = id;
    this.from = from;
    this.socket = socket;
    this.#driver = driver;
    this.#owner = owner;
  }

  /** Made at the first look: most handlers never ask. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort(cancelled());
    return this.#controller.signal;
  }

  /** Run the handler, in its turn, and send its outcome. `whenDone` is called when it has one. */
  run(entry: HandlerEntry<S>, data: unknown, whenDone: () => void): void {
    this.#entry = entry;
    entry.acquire(this.socket, () => {
      void this.#answer(entry, data).finally(() => {
        entry.release();
        whenDone();
      });
    });
  }

  /** The caller no longer waits for the reply. */
  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort(cancelled());
  }

  /** No call of this peer can be answered any more: those that wait for their turn wait for nothing. */
  abandon(): void {
    this.cancel();
    this.#entry?.leave(this.socket);
  }

  async #answer(entry: HandlerEntry<S>, data: unknown): Promise<void> {
    const { calls } = this.#driver.session;
    let hasReply = false;
    try {
      // A call that was cancelled while it waited for its turn is not run at all; its answer, which
      // is not sent, makes its place free.
      const reply = this.#cancelled ? undefined : await handle(this, entry, data);
      hasReply = true;
      calls.reply(this.#id, reply);
    } catch (error) {
      calls.replyError(this.#id, recordError(error, this.#owner.sendStacks));
      // What a handler throws is its answer. A reply that cannot be sent is a mistake on this side.
      if (hasReply) this.#owner.handleReport(error, this.socket);
    }
    this.#driver.noteQueued();
  }
}

/** Run a handler; meanwhile its call is the one of `callBeingHandled`. */
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
    "The reply to this call is no longer sent: the caller has given it up, or the session ends.",
  );
}
