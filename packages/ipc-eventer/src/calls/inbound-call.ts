import { type InboundStream, recordError } from "@ipc/protocol";
import type { Driver } from "../driver/driver.ts";
import { IPCError } from "../error.ts";
import type { AnySocket } from "../ipc-socket.ts";
import type { CallContext, HandlerEntry, WaitingCall } from "./handlers.ts";
import { cancelUnread } from "../streams/incoming-stream.ts";
import { runHandler, type RunningCall, type RunningCalls } from "./running-calls.ts";

/** A call as it comes. */
export interface ArrivedCall {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
  readonly streams: readonly InboundStream[] | undefined;
}

/** The part of the calls of a peer that each of them uses. */
export interface CallOwner {
  readonly driver: Driver;
  /** Whether the stacks of handlers' errors are sent. */
  readonly sendStacks: boolean;
  /** A handler's reply could not be sent. */
  handleReport(error: unknown, socket: AnySocket): void;
  /** A call has its outcome. */
  delete(id: number): void;
}

/** One call of the peer, from its arrival to its reply. No closure is made for it: many are made each millisecond. */
export class InboundCall implements CallContext<AnySocket>, RunningCall, WaitingCall<AnySocket> {
  readonly socket: AnySocket;
  countedBy: RunningCalls | undefined;
  readonly #id: number;
  readonly #owner: CallOwner;
  /** Runs it, or will in its turn. */
  readonly #entry: HandlerEntry<AnySocket>;
  #data: unknown;
  /** The streams in the data, until the handler has it. */
  #streams: readonly InboundStream[] | undefined;
  #controller: AbortController | undefined;
  #cancelled = false;

  constructor(id: number, socket: AnySocket, owner: CallOwner, entry: HandlerEntry<AnySocket>) {
    this.#id = id;
    this.socket = socket;
    this.#owner = owner;
    this.#entry = entry;
  }

  /** Made at the first look: most handlers never ask. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort(cancelled());
    return this.#controller.signal;
  }

  /** Run the handler, in its turn, and send its outcome. */
  run(data: unknown, streams: readonly InboundStream[] | undefined): void {
    this.#data = data;
    this.#streams = streams;
    this.#entry.acquire(this);
  }

  begin(): void {
    void this.#answer();
  }

  /** The caller no longer waits for the reply. A call that has not begun is not run, and its data is released. */
  cancel(): void {
    this.#cancelled = true;
    cancelUnread(this.#streams);
    this.#takeData();
    this.#controller?.abort(cancelled());
  }

  /** Gives the call up together with all others of the peer: those that wait are not kept. */
  abandon(): void {
    this.cancel();
    this.#entry.leave(this.socket);
  }

  /** Takes the data out, so that it is not kept while the handler runs. */
  #takeData(): unknown {
    const data = this.#data;
    this.#data = undefined;
    this.#streams = undefined;
    return data;
  }

  async #answer(): Promise<void> {
    const { driver } = this.#owner;
    const { calls } = driver.session;
    let hasReply = false;
    try {
      // A call that was cancelled while it waited for its turn is not run at all; its answer, which
      // is not sent, makes its place free.
      const reply = this.#cancelled
        ? undefined
        : await runHandler(this, this.#entry, this.#takeData());
      hasReply = true;
      calls.reply(this.#id, reply);
    } catch (error) {
      calls.replyError(this.#id, recordError(error, this.#owner.sendStacks));
      // What a handler throws is its answer. A reply that cannot be sent is a mistake on this side.
      if (hasReply) this.#owner.handleReport(error, this.socket);
    } finally {
      this.#owner.delete(this.#id);
      this.#entry.release();
      driver.noteQueued();
    }
  }
}

function cancelled(): IPCError {
  return new IPCError(
    "IPC_CALL_CANCELLED",
    "The reply to this call is no longer sent: the caller has given it up, or the session ends.",
  );
}
