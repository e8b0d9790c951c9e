import { checkLimits } from "./check-limits.ts";
import type { CloseReason } from "./close-reason.ts";
import { encodeBye, encodePing } from "./control.ts";
import { Dialogue } from "./dialogue.ts";
import type { ProtocolError } from "./error.ts";
import type { EncodedEvent } from "./event-encoder.ts";
import type { Exchange } from "./exchange.ts";
import { reportEvent } from "./event-name.ts";
import { encodeHello, encodeWelcome, type Welcome } from "./hello.ts";
import type { Inbound } from "./inbound.ts";
import type { Inbox } from "./inbox.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { Outbound } from "./outbound.ts";
import type { Call } from "./outbound-calls.ts";
import type { ByteWriter } from "./outbox.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { CallFailure } from "./reply.ts";
import type { SessionClock } from "./session-clock.ts";
import { endByLoss } from "./session-end.ts";
import type { SessionOptions } from "./session-options.ts";
import { joinParts } from "./session-parts.ts";
import type { SessionSink } from "./session-sink.ts";
import type { Phase } from "./session-state.ts";

/**
 * One conversation over one connection, without a socket, a timer or a clock.
 *
 * - commands: `emit`, `emitEncoded`, `invoke`, `cancel`, `reply`, `replyError`, `refuseCall`, `ping`,
 *   `accept`, `refuse`, `close`
 * - inputs: `handleBytes`, `handleDrain`, `handleTimeout`, `handleDisconnect`
 * - outputs, to be taken after every command and input: `writeOut`, `deliver`, `deadline`, `phase`
 *
 * Inputs never call back. Time is a number in milliseconds that never runs backwards. In the phase
 * `closing` the driver closes the connection once `flushed`, in `closed` it aborts it.
 */
export class Session {
  readonly #clock: SessionClock;
  readonly #inbox: Inbox;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #exchange: Exchange;
  readonly #lifecycle: Lifecycle;
  readonly #dialogue: Dialogue;

  /** Throws `IPC_INVALID_OPTION` for a limit out of its range or a label that is too long. */
  constructor(options: SessionOptions) {
    const { role, limits, hello } = options;
    checkLimits(limits);
    const helloLine = role === "client" ? encodeHello(hello ?? { name: "" }) : undefined;
    const parts = joinParts(options, {
      handleCall: (id, event, data) => this.#dialogue.handleCall(id, event, data),
      handleControl: (control) => this.#dialogue.handleControl(control),
    });
    this.#clock = parts.clock;
    this.#inbox = parts.inbox;
    this.#inbound = parts.inbound;
    this.#outbound = parts.outbound;
    this.#exchange = parts.exchange;
    this.#lifecycle = new Lifecycle(parts);
    this.#dialogue = new Dialogue(helloLine, this.#lifecycle, parts);
  }

  get phase(): Phase {
    return this.#lifecycle.phase;
  }

  /** True if everything accepted was handed to the connection. */
  get flushed(): boolean {
    return this.#outbound.empty;
  }

  /** True if so much is queued that a `writeOut` should not wait for the end of the tick. */
  get ripe(): boolean {
    return this.#outbound.ripe;
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
    const { deadline } = this.#exchange;
    return Math.min(this.#clock.deadline(this.#lifecycle.state), this.#inbound.retryAt, deadline);
  }

  /**
   * Queue an event. Answers false from the high-water mark on (the event is kept all the same), when
   * the peer's own limits forbid the event (which is reported), and on a session that is not open.
   * On an open session `drain` follows every false. Throws at the caller what
   * `EventEncoder.line` throws.
   */
  emit(event: string, data: unknown): boolean {
    return this.#answer(this.#outbound.emit(event, data));
  }

  /** Queue an event that was encoded once for several sessions. Answers as `emit`. */
  emitEncoded(event: EncodedEvent): boolean {
    return this.#answer(this.#outbound.emitEncoded(event));
  }

  /**
   * Send a call, whose outcome the sink hears with `handleReply`. Answers its id for `cancel`, or
   * the error for which it was not sent: the session is not open, or the peer's limits forbid it.
   * A `timeout` in milliseconds of 0 is none. Throws at the caller what {@link EventEncoder.line}
   * throws.
   */
  invoke(
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
  ): number | ProtocolError {
    return this.#exchange.invoke(event, data, call, timeout, now);
  }

  /** Give up a call: the peer is told, and its outcome is not delivered. False if it was known already. */
  cancel(id: number): boolean {
    return this.#exchange.cancel(id);
  }

  /**
   * Answer a call of the peer. Does nothing if the call was cancelled or the session is over. Throws
   * what {@link EventEncoder.line} throws and what the peer's limits forbid: the call is still open then.
   */
  reply(id: number, data: unknown): void {
    this.#exchange.reply(id, data);
  }

  /** Answer a call of the peer with what its handler threw. */
  replyError(id: number, error: ErrorRecord): void {
    this.#exchange.replyError(id, error);
  }

  /** Answer a call of the peer that no handler ran for. */
  refuseCall(id: number, failure: CallFailure, explanation?: string): void {
    this.#exchange.refuse(id, failure, explanation);
  }

  /** Calls in either direction without an outcome. */
  get pendingCalls(): number {
    return this.#exchange.pending;
  }

  /**
   * Ask the peer for a sign of life; the event `user-pong` brings back `time`. Answers false on a
   * session that is not open and with 1,024 such pings on their way. Throws `IPC_INVALID_OPTION` if
   * `time` is not a whole number of at least 1.
   */
  ping(time: number): boolean {
    return this.#lifecycle.phase === "open" && this.#dialogue.ping(time);
  }

  /**
   * Server: welcome the client whose hello was delivered. Does nothing if it has gone meanwhile.
   * Throws `IPC_INVALID_OPTION` for a label that is too long.
   */
  accept(welcome: Welcome, now: number): void {
    if (this.#lifecycle.phase !== "accepting") return;
    this.#outbound.pushControl(encodeWelcome(welcome));
    this.#clock.heard(now);
    this.#lifecycle.open();
  }

  /**
   * End gracefully: what was emitted leaves first, then a bye with the reason and a sentence for
   * people. What the peer sends from now on is dropped, as is what was not delivered yet.
   */
  close(reason: CloseReason, now: number, message?: string): void {
    if (this.#lifecycle.isEnding) return;
    this.#clock.set(now);
    if (!this.#inbound.isOpening) this.#outbound.pushControl(encodeBye(reason, message));
    this.#inbox.clear();
    this.#lifecycle.close({ reason, message, byPeer: false });
  }

  /** Turn the peer away before its session is open, and tell it why. */
  refuse(error: ProtocolError, now: number): void {
    if (this.#lifecycle.isEnding) return;
    this.#clock.set(now);
    this.#lifecycle.fail(error);
  }

  /** Bytes have come from the connection. */
  handleBytes(chunk: Uint8Array, now: number): void {
    this.#clock.heard(now);
    if (!this.#lifecycle.isEnding) this.#dialogue.read(chunk, now);
  }

  /** The connection has passed on all it held and takes more. With `now` it counts as a sign of life. */
  handleDrain(now?: number): void {
    if (now !== undefined) this.#clock.heard(now);
    this.#outbound.handleDrain();
  }

  /** The clock has reached `deadline`. `lag` is how late the caller's timer fired, for the error's text. */
  handleTimeout(now: number, lag = 0): void {
    if (now >= this.#inbound.retryAt) this.#dialogue.retry(now);
    this.#exchange.expire(now);
    const verdict = this.#clock.judge(this.#lifecycle.state, now, lag);
    if (verdict === "ping") this.#outbound.pushControl(encodePing(0));
    else if (verdict === "finish") this.#lifecycle.finishClosing();
    else if (verdict !== "nothing") this.#lifecycle.breakOff(verdict);
  }

  /** The connection is gone, with or without an error. */
  handleDisconnect(error?: Error): void {
    const { phase } = this.#lifecycle;
    if (phase === "closing") this.#lifecycle.finishClosing();
    else if (phase !== "closed") {
      this.#lifecycle.finish(endByLoss(phase === "open", this.#inbound.end() ?? error));
    }
    this.#outbound.dropKeys();
  }

  /** Hand everything queued to the connection in one write, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    const isOpen = this.#lifecycle.phase === "open";
    const overfull = isOpen ? this.#outbound.overfull : undefined;
    if (overfull !== undefined) this.#lifecycle.breakOff(overfull);
    this.#outbound.writeOut(writer);
    if (isOpen && this.#outbound.takeDrain()) this.#inbox.push("drain", undefined);
    if (this.#lifecycle.phase === "closed") this.#outbound.dropKeys();
  }

  /**
   * Hand what has happened to the sink, in order. With `hold` only a hello or a welcome is handed
   * over, and the rest waits. A call from within a sink's method does nothing.
   */
  deliver(sink: SessionSink, hold = false): void {
    this.#inbox.deliver(sink, hold);
  }

  #answer(answer: boolean | ProtocolError): boolean {
    if (typeof answer === "boolean") return answer;
    this.#inbox.push(reportEvent, answer);
    return false;
  }
}
