import {
  type CallFailure,
  type InboundStream,
  quoted,
  recordError,
  RollingMap,
} from "@ipc/protocol";
import { callChannel } from "../diagnostics/diagnostics.ts";
import type { Driver } from "../driver/driver.ts";
import { IPCError } from "../errors.ts";
import type { CallContext, HandlerEntry, Handlers, WaitingCall } from "./handlers.ts";
import { runHandler, type RunningCall, type RunningCalls } from "./running-calls.ts";
import { type AnySocket, handlerOn } from "../ipc-socket.ts";
import { misfit, type Validators, type Verdict } from "../socket/schema.ts";
import { cancelUnread } from "../streams/incoming-stream.ts";

/** A call of the peer as it arrives. */
export interface ArrivedCall {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
  readonly streams: readonly InboundStream[] | undefined;
}

/** The part of a server or client that the calls of its peers use. */
export interface HandledCallsOwner<S extends AnySocket> {
  /** The handlers that answer the calls of every peer. */
  readonly handlers: Handlers<AnySocket>;
  /** The calls of every peer that wait for an answer. */
  readonly running: RunningCalls;
  /** The validators of what peers send. */
  readonly validators: Validators | undefined;
  /** True if the stacks of handlers' errors are sent. */
  readonly sendStacks: boolean;
  /** Reports an error that harms nothing else. */
  handleReport(error: unknown, socket: S): void;
}

/** The calls of one peer: finds the handler of each or refuses it, and keeps it until it has its outcome. */
export class HandledCalls<S extends AnySocket> {
  readonly driver: Driver;
  readonly sendStacks: boolean;
  readonly #owner: HandledCallsOwner<S>;
  readonly #running = new RollingMap<number, HandledCall>();

  constructor(driver: Driver, owner: HandledCallsOwner<S>) {
    this.driver = driver;
    this.sendStacks = owner.sendStacks;
    this.#owner = owner;
  }

  /** Runs the handler of a call: the socket's own, or that of all peers. */
  handle({ id, event, data, streams }: ArrivedCall, socket: S): void {
    if (callChannel.hasSubscribers) {
      callChannel.publish({ direction: "inbound", event, id: socket.id, call: true });
    }
    const { handlers, running, validators } = this.#owner;
    if (running.refuses) {
      this.#refuse(id, "IPC_PEER_CLOSING", event);
      cancelUnread(streams);
      return;
    }
    const entry = handlerOn(socket, event) ?? handlers.get(event);
    if (entry === undefined) {
      this.#refuse(id, "IPC_NO_HANDLER", event);
      cancelUnread(streams);
      return;
    }
    const verdict = validators?.check(event, data);
    if (verdict?.ok === false) {
      this.#refuse(id, "IPC_INVALID_DATA", explanationFor(event, verdict));
      cancelUnread(streams);
      // The caller gets its own mistakes, this side those of its validators.
      if (verdict.fault === "validator") {
        this.handleReport(misfit("call", event, verdict), socket);
      }
      return;
    }
    const call = new HandledCall(id, socket, this, entry);
    this.#running.set(id, call);
    running.add(call);
    call.run(verdict === undefined ? data : verdict.data, streams);
  }

  /** Removes a call that has its outcome. */
  delete(id: number): void {
    const call = this.#running.get(id);
    this.#running.delete(id);
    if (call !== undefined) this.#owner.running.delete(call);
  }

  /** Cancels a call for which the peer no longer waits. */
  cancel(id: number): void {
    const call = this.#running.get(id);
    if (call === undefined) return;
    call.cancel();
    this.#owner.running.delete(call);
  }

  /** Cancels all calls: the session is over or closing, so they cannot be answered. */
  cancelAll(): void {
    for (const call of this.#running.values()) {
      call.abandon();
      this.#owner.running.delete(call);
    }
  }

  handleReport(error: unknown, socket: S): void {
    this.#owner.handleReport(error, socket);
  }

  #refuse(id: number, failure: CallFailure, explanation: string): void {
    this.driver.session.calls.refuse(id, failure, explanation);
    this.driver.noteQueued();
  }
}

/** Explains a refusal to the caller; of a failed validator it keeps the text back. */
function explanationFor(event: string, verdict: Extract<Verdict, { ok: false }>): string {
  const what = verdict.fault === "peer" ? verdict.cause.message : `its validator ${verdict.why}`;
  return `${quoted(event)}: ${what}`;
}

/** A call of the peer, from its arrival to its reply. It has no closures: there may be many each millisecond. */
export class HandledCall implements CallContext<AnySocket>, RunningCall, WaitingCall<AnySocket> {
  readonly socket: AnySocket;
  countedBy: RunningCalls | undefined;
  readonly #id: number;
  readonly #calls: HandledCalls<AnySocket>;
  /** The handler, which runs the call in its turn. */
  readonly #entry: HandlerEntry<AnySocket>;
  #data: unknown;
  /** The streams in the data, until the handler gets it. */
  #streams: readonly InboundStream[] | undefined;
  #controller: AbortController | undefined;
  #cancelled = false;

  constructor(
    id: number,
    socket: AnySocket,
    calls: HandledCalls<AnySocket>,
    entry: HandlerEntry<AnySocket>,
  ) {
    this.#id = id;
    this.socket = socket;
    this.#calls = calls;
    this.#entry = entry;
  }

  /** The signal of the caller, made when it is first read: most handlers do not. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort(cancelled());
    return this.#controller.signal;
  }

  /** Runs the handler in its turn and sends the outcome. */
  run(data: unknown, streams: readonly InboundStream[] | undefined): void {
    this.#data = data;
    this.#streams = streams;
    this.#entry.acquire(this);
  }

  begin(): void {
    // A call that was cancelled before its turn is not run; its answer, which is not sent, frees its place.
    if (this.#cancelled) {
      this.#reply(undefined);
      return;
    }
    let answer: unknown;
    let isPromise: boolean;
    try {
      answer = runHandler(this, this.#entry, this.#takeData());
      isPromise = isThenable(answer);
    } catch (error) {
      this.#fail(error);
      return;
    }
    // A value that is no promise is answered at once: to await it takes a sixth of the processor time of a call (`calls`).
    if (isPromise) void this.#await(answer);
    else this.#reply(answer);
  }

  /** Cancels the call: a handler that has not begun is not run, and the data is released. */
  cancel(): void {
    this.#cancelled = true;
    cancelUnread(this.#streams);
    this.#takeData();
    this.#controller?.abort(cancelled());
  }

  /** Cancels the call together with all others of the peer, those that wait for their turn too. */
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

  async #await(answer: unknown): Promise<void> {
    let reply: unknown;
    try {
      reply = await answer;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#reply(reply);
  }

  #reply(reply: unknown): void {
    try {
      this.#calls.driver.session.calls.reply(this.#id, reply);
    } catch (error) {
      this.#fail(error);
      // An error of the handler is its answer. A reply that cannot be sent is a mistake on this side.
      this.#calls.handleReport(error, this.socket);
      return;
    }
    this.#end();
  }

  #fail(error: unknown): void {
    const { driver, sendStacks } = this.#calls;
    driver.session.calls.replyError(this.#id, recordError(error, sendStacks));
    this.#end();
  }

  #end(): void {
    this.#calls.delete(this.#id);
    this.#entry.release();
    this.#calls.driver.noteQueued();
  }
}

/** Tells whether a value is to be awaited. Throws what a proxy throws that is asked. */
function isThenable(value: unknown): boolean {
  if (typeof value === "object") return value !== null && "then" in value;
  return typeof value === "function" && "then" in value;
}

function cancelled(): IPCError {
  return new IPCError(
    "IPC_CALL_CANCELLED",
    "The call was cancelled: its caller has given it up, or the session has ended. Stop the work; no reply is sent.",
  );
}
