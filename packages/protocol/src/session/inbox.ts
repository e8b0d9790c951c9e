import type { Hello, Welcome } from "../messages/hello.ts";
import { deliverNews, isOfPeer, type News } from "./news.ts";
import type { Call } from "../calls/outbound-calls.ts";
import type { Reply } from "../calls/reply.ts";
import type { SessionEnd } from "./session-end.ts";
import type { SessionSink } from "../session-sink.ts";
import type { InboundStream } from "../streams/inbound-stream.ts";

/** News that have a method of their own to queue them. */
type Message = "call" | "cancel" | "event" | "outcome";

/** The first message of the peer: a client's hello, or a server's welcome. */
export type Greeting = { readonly hello: Hello } | { readonly welcome: Welcome };

/**
 * Everything that was received and not yet delivered: a greeting, then events, calls, cancellations and the
 * outcomes of calls in order, and the end.
 *
 * Events lie in parallel arrays, so that one costs no object; where no name is, the next of the news
 * has its place. All wait until `open`, or the end.
 */
export class Inbox {
  #greeting: Greeting | undefined;
  #names: (string | undefined)[] = [];
  #values: unknown[] = [];
  #news: News[] = [];
  #next = 0;
  #nextNews = 0;
  #open = false;
  /** Answers what comes after all events; `undefined` if there is more to deliver before. */
  #end: (() => SessionEnd | undefined) | undefined;
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
    this.#names.push(name);
    this.#values.push(value);
  }

  /** Queue a call of the peer. */
  pushCall(id: number, event: string, data: unknown, streams?: readonly InboundStream[]): void {
    this.#pushNews({ type: "call", id, event, data, streams });
  }

  /** Queue an event with streams in its data. */
  pushStreams(event: string, data: unknown, streams: readonly InboundStream[]): void {
    this.#pushNews({ type: "event", event, data, streams });
  }

  /** Queue the outcome of a call of this side. */
  pushReply(call: Call, reply: Reply): void {
    this.#pushNews({ type: "outcome", call, reply });
  }

  /** Queue the cancellation of a call of the peer. */
  pushCancel(id: number): void {
    this.#pushNews({ type: "cancel", id });
  }

  /** Queue news of the connection, or of a wait of this side. */
  tell(news: Exclude<News, { readonly type: Message }>): void {
    this.#pushNews(news);
  }

  /** True if everything that came was delivered, and the listeners have returned. */
  get settled(): boolean {
    return this.size === 0 && this.#delivery !== "running";
  }

  /**
   * Set what comes after all events. `end` is asked when all is delivered, until it answers: if not, it
   * has queued more. Nothing runs between its answer and `handleClosed`.
   */
  end(end: () => SessionEnd | undefined): void {
    this.#end = end;
  }

  /** Let the events out from now on. */
  open(): void {
    this.#open = true;
  }

  /** True once events are let out. */
  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Forget all that the peer said, and keep what this side waits for: each call has an outcome. A
   * running `deliver` goes on with that.
   */
  clear(): void {
    const left = this.#news.slice(this.#nextNews);
    this.#greeting = undefined;
    this.#empty();
    for (const one of left) {
      if (!isOfPeer(one)) this.#pushNews(one);
    }
  }

  /**
   * Hand the greeting to a sink, and unless `hold` the events, oldest first, and the end. An event is
   * consumed before its listeners run: should the sink throw, the next call goes on behind it. A
   * call from within a sink's method does nothing. Answers true once, when the end was delivered.
   */
  deliver(sink: SessionSink, hold: boolean): boolean {
    if (this.#delivery !== "idle") return false;
    this.#delivery = "running";
    let end: SessionEnd | undefined;
    try {
      this.#deliverGreeting(sink);
      if (hold) return false;
      do {
        // At its end a session that never opened has reports of its own alone.
        if (this.#open || this.#end !== undefined) this.#deliverEvents(sink);
        end = this.#end?.();
      } while (this.#end !== undefined && end === undefined);
    } finally {
      this.#delivery = "idle";
    }
    if (end === undefined) return false;
    this.#delivery = "over";
    this.#end = undefined;
    sink.handleClosed(end);
    return true;
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
      const name = this.#names[index];
      const value = this.#values[index];
      this.#values[index] = undefined;
      if (name === undefined) deliverNews(this.#news[this.#nextNews++], sink);
      else sink.handleEvent(name, value);
    }
    if (this.#next > 0) this.#empty();
  }

  #pushNews(news: News): void {
    this.#names.push(undefined);
    this.#values.push(undefined);
    this.#news.push(news);
  }

  #empty(): void {
    this.#names = [];
    this.#values = [];
    if (this.#news.length > 0) this.#news = [];
    this.#next = 0;
    this.#nextNews = 0;
  }
}
