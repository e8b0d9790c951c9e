import { checkLimits } from "./check-limits.ts";
import type { CloseReason } from "./close-reason.ts";
import { type Control, encodeBye, encodePing, encodePong } from "./control.ts";
import { ProtocolError } from "./error.ts";
import type { EncodedEvent, EventEncoder } from "./event-encoder.ts";
import { reportEvent } from "./event-name.ts";
import { encodeHello, encodeWelcome, type Hello, type Welcome } from "./hello.ts";
import { Inbox } from "./inbox.ts";
import { invalidMessage } from "./invalid-message.ts";
import { earlyBytes, type SessionLimits } from "./limits.ts";
import { checkPlace } from "./message-order.ts";
import { MessageReader } from "./message-reader.ts";
import { Opening } from "./opening.ts";
import { Outbound } from "./outbound.ts";
import type { ByteWriter } from "./outbox.ts";
import type { Preface, Refusal, Role } from "./preface.ts";
import { encodeRefusal, refusalCode } from "./refusal.ts";
import { SessionClock } from "./session-clock.ts";
import { endByLoss, endByPeer, endOver, type SessionEnd } from "./session-end.ts";
import type { SessionSink } from "./session-sink.ts";
import { type Phase, type SessionState, transition } from "./session-state.ts";
import { UserPings } from "./user-pings.ts";

/** What a session is made with. */
export interface SessionOptions {
  readonly role: Role;
  readonly limits: SessionLimits;
  /** Shared by all sessions of an endpoint; made with the same limits. */
  readonly encoder: EventEncoder;
  /** Client: what to say once the server's preface has come. */
  readonly hello?: Hello | undefined;
  /** The clock, in milliseconds; only differences matter. */
  readonly now: number;
}

/**
 * One conversation over one connection, without a socket, a timer or a clock.
 *
 * - commands: `emit`, `emitEncoded`, `ping`, `accept`, `close`
 * - inputs: `handleBytes`, `handleDrain`, `handleTimeout`, `handleDisconnect`
 * - outputs, to be taken after every command and input: `writeOut`, `deliver`, `deadline`, `phase`
 *
 * Inputs never call back. Time is a number in milliseconds that never runs backwards. In the phase
 * `closing` the driver closes the connection once `flushed`, in `closed` it aborts it.
 */
export class Session {
  readonly #limits: SessionLimits;
  readonly #hello: string;
  readonly #clock: SessionClock;
  readonly #inbox = new Inbox();
  readonly #reader: MessageReader;
  readonly #outbound: Outbound;
  readonly #pings = new UserPings();
  #state: SessionState = { phase: "preface" };
  #opening: Opening | undefined;
  #earlyBytes = 0;

  /** Throws `IPC_INVALID_OPTION` for a limit out of its range or a label that is too long. */
  constructor(options: SessionOptions) {
    const { role, limits, encoder, hello, now } = options;
    checkLimits(limits);
    this.#limits = limits;
    this.#hello = encodeHello(hello ?? { name: "" });
    this.#clock = new SessionClock(limits, now);
    this.#outbound = new Outbound(limits, encoder);
    this.#reader = new MessageReader(limits, this.#inbox, (control) => this.#heed(control));
    this.#opening = new Opening(role, limits);
    if (role === "client") this.#outbound.pushControl(this.#opening.preface);
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  /** True if everything accepted was handed to the connection. */
  get flushed(): boolean {
    return this.#outbound.empty;
  }

  /** Bytes accepted that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#outbound.queuedBytes;
  }

  /** Events received that wait for `deliver`. */
  get undelivered(): number {
    return this.#inbox.size;
  }

  /** The instant at which `handleTimeout` has something to do; Infinity if never. */
  get deadline(): number {
    return this.#clock.deadline(this.#state);
  }

  /**
   * Queue an event. Answers false from the high-water mark on (the event is kept all the same), when
   * the peer's own limits forbid the event (which is reported), and on a session that is not open.
   * On an open session `drain` follows every false. Throws at the caller what
   * {@link EventEncoder.line} throws.
   */
  emit(event: string, data: unknown): boolean {
    return this.#answer(this.#outbound.emit(event, data));
  }

  /** Queue an event that was encoded once for several sessions. Answers as `emit`. */
  emitEncoded(event: EncodedEvent): boolean {
    return this.#answer(this.#outbound.emitEncoded(event));
  }

  /**
   * Ask the peer for a sign of life; the event `user-pong` brings back `time`. Answers false on a
   * session that is not open and with 1,024 such pings on their way. Throws `IPC_INVALID_OPTION` if
   * `time` is not a whole number of at least 1.
   */
  ping(time: number): boolean {
    if (this.#state.phase !== "open" || !this.#pings.add(time)) return false;
    this.#outbound.pushControl(encodePing(time));
    return true;
  }

  /**
   * Server: welcome the client whose hello was delivered. Does nothing if it has gone meanwhile.
   * Throws `IPC_INVALID_OPTION` for a label that is too long.
   */
  accept(welcome: Welcome, now: number): void {
    if (this.#state.phase !== "accepting") return;
    this.#outbound.pushControl(encodeWelcome(welcome));
    this.#clock.heard(now);
    this.#open();
  }

  /**
   * End gracefully: what was emitted leaves first, then a bye with the reason and a sentence for
   * people. What the peer sends from now on is dropped, as is what was not delivered yet.
   */
  close(reason: CloseReason, now: number, message?: string): void {
    if (this.#isEnding) return;
    this.#clock.set(now);
    if (this.#opening === undefined) this.#outbound.pushControl(encodeBye(reason, message));
    this.#inbox.clear();
    this.#beginClosing({ reason, message, byPeer: false });
  }

  /** Bytes have come from the connection. */
  handleBytes(chunk: Uint8Array, now: number): void {
    this.#clock.heard(now);
    if (this.#isEnding) return;
    try {
      this.#read(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The connection has passed on all it held and takes more. With `now` it counts as a sign of life. */
  handleDrain(now?: number): void {
    if (now !== undefined) this.#clock.heard(now);
    this.#outbound.handleDrain();
  }

  /** The clock has reached `deadline`. `lag` is how late the caller's timer fired, for the error's text. */
  handleTimeout(now: number, lag = 0): void {
    const verdict = this.#clock.judge(this.#state, now, lag);
    if (verdict === "ping") this.#outbound.pushControl(encodePing(0));
    else if (verdict === "finish") this.#finishClosing();
    else if (verdict !== "nothing") this.#breakOff(verdict);
  }

  /** The connection is gone, with or without an error. */
  handleDisconnect(error?: Error): void {
    const { phase } = this.#state;
    if (phase === "closing") this.#finishClosing();
    else if (phase !== "closed") this.#finish(endByLoss(phase === "open", error));
  }

  /** Hand everything queued to the connection in one write, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    const isOpen = this.#state.phase === "open";
    if (isOpen && this.#outbound.overfull) this.#breakOff(this.#slowConsumer());
    this.#outbound.writeOut(writer);
    if (isOpen && this.#outbound.takeDrain()) this.#inbox.push("drain", undefined);
  }

  /**
   * Hand what has happened to the sink, in order. With `hold` only a hello or a welcome is handed
   * over, and the rest waits. A call from within a sink's method does nothing.
   */
  deliver(sink: SessionSink, hold = false): void {
    this.#inbox.deliver(sink, hold);
  }

  get #isEnding(): boolean {
    return this.#state.phase === "closing" || this.#state.phase === "closed";
  }

  #read(chunk: Uint8Array): void {
    const opening = this.#opening;
    if (opening === undefined) {
      if (this.#state.phase === "accepting") this.#countEarly(chunk.length);
      this.#reader.read(chunk);
      return;
    }
    const opened = opening.read(chunk);
    if (opened === undefined) return;
    this.#opening = undefined;
    this.#begin(opened.first, opening.preface);
    if (opened.rest.length > 0) this.#reader.read(opened.rest);
  }

  #begin(first: Preface | Refusal, ownPreface: string): void {
    if ("error" in first) {
      this.#beginClosing(endByPeer({ type: "error", code: first.error }));
    } else {
      this.#outbound.heed(first.limits);
      const isServer = first.role === "client";
      this.#outbound.pushControl(isServer ? ownPreface : this.#hello);
      this.#move({ phase: isServer ? "hello" : "welcome" });
    }
  }

  #countEarly(bytes: number): void {
    this.#earlyBytes += bytes;
    if (this.#earlyBytes > earlyBytes) throw invalidMessage("too much before its welcome");
  }

  /** Answers false when the rest of the peer's bytes does not matter any more. */
  #heed(control: Control): boolean {
    checkPlace(control.type, this.#state.phase);
    switch (control.type) {
      case "hello":
        this.#inbox.greet({ hello: control.hello });
        this.#reader.allowEvents();
        this.#move({ phase: "accepting" });
        return true;
      case "welcome":
        this.#inbox.greet({ welcome: control.welcome });
        this.#open();
        return true;
      case "ping":
        this.#outbound.pushControl(encodePong(control.time));
        return true;
      case "pong":
        if (control.time > 0) this.#handlePong(control.time);
        return true;
      case "bye":
      case "error":
        this.#beginClosing(endByPeer(control));
        return false;
    }
  }

  #handlePong(time: number): void {
    if (!this.#pings.answer(time)) throw invalidMessage("a pong to no ping");
    this.#inbox.push("user-pong", { time });
  }

  #open(): void {
    this.#move({ phase: "open" });
    this.#reader.openUp();
    this.#inbox.open();
    this.#outbound.open();
  }

  /** End over something the peer did, and tell it. */
  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#outbound.pushControl(encodeRefusal(refusalCode(error)));
    this.#beginClosing(endOver(error));
  }

  /** End at once: nobody reads there. The farewell leaves if the connection takes it. */
  #breakOff(error: ProtocolError): void {
    this.#finish(endOver(error));
    this.#outbound.pushControl(encodeRefusal(error.code));
  }

  #slowConsumer(): ProtocolError {
    const bytes = this.#outbound.queuedBytes;
    const text = `The peer reads too slowly: ${bytes} bytes wait for it (maxQueuedBytes is ${this.#limits.maxQueuedBytes}). Heed emit's answer false and the event drain.`;
    return new ProtocolError("IPC_SLOW_CONSUMER", "peer", text, { context: { bytes } });
  }

  #beginClosing(end: SessionEnd): void {
    this.#shut();
    this.#move({ phase: "closing", end, deadline: this.#clock.closeDeadline });
  }

  #finishClosing(): void {
    if (this.#state.phase === "closing") this.#finish(this.#state.end);
  }

  #finish(end: SessionEnd): void {
    this.#shut();
    this.#outbound.clear();
    this.#inbox.end(end);
    this.#move({ phase: "closed", end });
  }

  #shut(): void {
    this.#reader.stop();
    this.#outbound.shut();
    this.#inbox.clearUnlessOpen();
  }

  #move(to: SessionState): void {
    this.#state = transition(this.#state, to);
  }

  #answer(answer: boolean | ProtocolError): boolean {
    if (typeof answer === "boolean") return answer;
    this.#inbox.push(reportEvent, answer);
    return false;
  }
}
