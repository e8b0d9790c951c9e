import { type CallFailure, quoted } from "@ipc/protocol";
import { callChannel } from "../diagnostics/diagnostics.ts";
import type { Driver } from "../driver/driver.ts";
import type { Handlers } from "./handlers.ts";
import { type ArrivedCall, type CallOwner, InboundCall } from "./inbound-call.ts";
import type { RunningCalls } from "./running-calls.ts";
import { type AnySocket, handlerOn } from "../ipc-socket.ts";
import { checkData, misfit, type Validators, type Verdict } from "../socket/schema.ts";
import { cancelUnread } from "../streams/incoming-stream.ts";

/** The part of a server or client that the calls of its peers use. */
export interface CallsOwner<S extends AnySocket> {
  /** The handlers that answer the calls of every peer. */
  readonly handlers: Handlers<AnySocket>;
  /** The calls of every peer that wait for an answer. */
  readonly running: RunningCalls;
  /** The validators of what peers send. */
  readonly validators: Validators | undefined;
  /** Whether the stacks of handlers' errors are sent. */
  readonly sendStacks: boolean;
  /** Something was dropped that harms nothing else. */
  handleReport(error: unknown, socket: S): void;
}

/** The calls of one peer: each finds its handler or is refused, and is known until it has its outcome. */
export class InboundCalls<S extends AnySocket> implements CallOwner {
  readonly driver: Driver;
  readonly sendStacks: boolean;
  readonly #owner: CallsOwner<S>;
  readonly #running = new Map<number, InboundCall>();

  constructor(driver: Driver, owner: CallsOwner<S>) {
    this.driver = driver;
    this.sendStacks = owner.sendStacks;
    this.#owner = owner;
  }

  /** A call has come: run its handler, the socket's own or else that of every peer. */
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
    const verdict = checkData(validators, event, data);
    if (!verdict.ok) {
      this.#refuse(id, "IPC_INVALID_DATA", toldToCaller(event, verdict));
      cancelUnread(streams);
      // The caller hears of its own mistakes, this side of those of its validators.
      if (verdict.fault === "validator") {
        this.handleReport(misfit("call", event, verdict), socket);
      }
      return;
    }
    const call = new InboundCall(id, socket, this, entry);
    this.#running.set(id, call);
    running.add(call);
    call.run(verdict.data, streams);
  }

  /** A call has its outcome. */
  delete(id: number): void {
    const call = this.#running.get(id);
    this.#running.delete(id);
    if (call !== undefined) this.#owner.running.delete(call);
  }

  /** The peer waits for a call no more. */
  cancel(id: number): void {
    const call = this.#running.get(id);
    if (call === undefined) return;
    call.cancel();
    this.#owner.running.delete(call);
  }

  /** None of them can be answered now: the session is over, or ends. */
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

/** Of a validator that failed, nothing of its text. */
function toldToCaller(event: string, verdict: Extract<Verdict, { ok: false }>): string {
  const what = verdict.fault === "peer" ? verdict.cause.message : `its validator ${verdict.why}`;
  return `${quoted(event)}: ${what}`;
}
