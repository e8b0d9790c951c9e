import type { Hello, Welcome } from "./hello.ts";
import type { SessionEnd } from "./session-end.ts";
import type { SessionSink } from "./session-sink.ts";

/** What the peer said of itself: a client's hello, or a server's welcome. */
export type Greeting = { readonly hello: Hello } | { readonly welcome: Welcome };

/**
 * What was received and not yet delivered: a greeting, events in order, the end.
 *
 * Events lie in parallel arrays, so that one costs no object. They wait until `open`.
 */
export class Inbox {
  #greeting: Greeting | undefined;
  #names: string[] = [];
  #values: unknown[] = [];
  #next = 0;
  #open = false;
  #end: SessionEnd | undefined;
  #delivery: "idle" | "running" | "over" = "idle";

  /** Events that wait. */
  get size(): number {
    return this.#names.length - this.#next;
  }

  /** Queue what comes before all events. */
  greet(greeting: Greeting): void {
    this.#greeting = greeting;
  }

  /** Queue one event. */
  push(name: string, value: unknown): void {
    this.#names.push(name);
    this.#values.push(value);
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

  /** Forget all but the end; a running `deliver` ends after its present event. */
  clear(): void {
    this.#greeting = undefined;
    this.#names = [];
    this.#values = [];
    this.#next = 0;
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
      this.#values[index] = undefined;
      sink.handleEvent(name, value);
    }
    if (this.#next > 0) this.clear();
  }
}
