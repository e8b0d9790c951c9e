import type { Hello, Welcome } from "./hello.ts";
import type { Call } from "./outbound-calls.ts";
import type { Reply } from "./reply.ts";
import type { SessionEnd } from "./session-end.ts";
import type { SessionSink } from "./session-sink.ts";

const outcomeKind = -1;
const cancelKind = -2;

/** How a call of this side ended. */
class Outcome {
  readonly call: Call;
  readonly reply: Reply;

  constructor(call: Call, reply: Reply) {
    this.call = call;
    this.reply = reply;
  }
}

/** What the peer said of itself: a client's hello, or a server's welcome. */
export type Greeting = { readonly hello: Hello } | { readonly welcome: Welcome };

/**
 * What was received and not yet delivered: a greeting, then events, calls, cancellations and the
 * outcomes of calls in order, and the end.
 *
 * They lie in parallel arrays, so that an event costs no object, and wait until `open`.
 */
export class Inbox {
  #greeting: Greeting | undefined;
  #names: string[] = [];
  #values: unknown[] = [];
  /** What an entry is: 0 an event, above it a call with that id, below it one of the kinds beneath. */
  #kinds: number[] = [];
  #next = 0;
  #open = false;
  #end: SessionEnd | undefined;
  #delivery: "idle" | "running" | "over" = "idle";

  /** Events and calls, and what belongs to calls, that wait. */
  get size(): number {
    return this.#names.length - this.#next;
  }

  /** Queue what comes before all events. */
  greet(greeting: Greeting): void {
    this.#greeting = greeting;
  }

  /** Queue one event. */
  push(name: string, value: unknown): void {
    this.#add(0, name, value);
  }

  /** Queue a call of the peer. */
  pushCall(id: number, name: string, value: unknown): void {
    this.#add(id, name, value);
  }

  /** Queue the outcome of a call of this side. */
  pushReply(call: Call, reply: Reply): void {
    this.#add(outcomeKind, "", new Outcome(call, reply));
  }

  /** Queue the cancellation of a call of the peer. */
  pushCancel(id: number): void {
    this.#add(cancelKind, "", id);
  }

  /** Set what comes after all events. */
  end(end: SessionEnd): void {
    this.#end = end;
  }

  /** Let the events out from now on. */
  open(): void {
    this.#open = true;
  }

  /** Forget what a session that never opened has received. */
  clearUnlessOpen(): void {
    if (!this.#open) this.clear();
  }

  /**
   * Forget all that the peer said, and keep the outcomes of calls of this side: each call has one. A
   * running `deliver` goes on with those.
   */
  clear(): void {
    const outcomes = this.#values.filter((value) => value instanceof Outcome);
    this.#greeting = undefined;
    this.#empty();
    for (const outcome of outcomes) this.#add(outcomeKind, "", outcome);
  }

  /**
   * Hand the greeting to a sink, and unless `hold` the events, oldest first, and the end. An event is
   * consumed before its listeners run: should the sink throw, the next call goes on behind it. A
   * call from within a sink's method does nothing.
   */
  deliver(sink: SessionSink, hold: boolean): void {
    if (this.#delivery !== "idle") return;
    this.#delivery = "running";
    try {
      this.#deliverGreeting(sink);
      if (hold) return;
      if (this.#open) this.#deliverEvents(sink);
    } finally {
      this.#delivery = "idle";
    }
    if (this.#end === undefined) return;
    this.#delivery = "over";
    sink.handleClosed(this.#end);
  }

  #deliverGreeting(sink: SessionSink): void {
    const greeting = this.#greeting;
    if (greeting === undefined) return;
    this.#greeting = undefined;
    if ("hello" in greeting) sink.handleHello(greeting.hello);
    else sink.handleWelcome(greeting.welcome);
  }

  #deliverEvents(sink: SessionSink): void {
    while (this.#next < this.#names.length) {
      const index = this.#next++;
      const name = this.#names[index] ?? "";
      const value = this.#values[index];
      const kind = this.#kinds[index] ?? 0;
      this.#values[index] = undefined;
      if (kind === 0) sink.handleEvent(name, value);
      else if (kind > 0) sink.handleCall(kind, name, value);
      else if (value instanceof Outcome) sink.handleReply(value.call, value.reply);
      else if (typeof value === "number") sink.handleCancel(value);
    }
    if (this.#next > 0) this.#empty();
  }

  #empty(): void {
    this.#names = [];
    this.#values = [];
    this.#kinds = [];
    this.#next = 0;
  }

  #add(kind: number, name: string, value: unknown): void {
    this.#kinds.push(kind);
    this.#names.push(name);
    this.#values.push(value);
  }
}
