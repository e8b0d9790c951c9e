import type { CloseReason } from "./close-reason.ts";
import {
  encodeBye,
  encodePing,
  encodePong,
  invalid,
  parseBye,
  parseError,
  parsePing,
} from "./control.ts";
import { ProtocolError } from "./error.ts";
import type { EncodedEvent, EventEncoder } from "./event-encoder.ts";
import { encodeHello, encodeWelcome, type Hello, parseHello } from "./hello.ts";
import { parseWelcome, type Welcome } from "./hello.ts";
import { Inbox } from "./inbox.ts";
import type { DeclaredLimits, SessionLimits } from "./limits.ts";
import { Liveness } from "./liveness.ts";
import { MessageReader, reportEvent } from "./message-reader.ts";
import { Opening } from "./opening.ts";
import { Outbound } from "./outbound.ts";
import type { ByteWriter } from "./outbox.ts";
import { encodeRefusal, type Role } from "./preface.ts";
import type { SessionSink } from "./session-sink.ts";
import { type Phase, type SessionEnd, type SessionState, transition } from "./session-state.ts";
import { timeoutError } from "./timeout-error.ts";
import { UserPings } from "./user-pings.ts";

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
  readonly #role: Role;
  readonly #limits: SessionLimits;
  readonly #hello: Hello | undefined;
  readonly #inbox = new Inbox();
  readonly #outbound: Outbound;
  readonly #reader: MessageReader;
  readonly #liveness: Liveness;
  readonly #pings = new UserPings();
  readonly #startedAt: number;
  #now: number;
  #state: SessionState = { phase: "preface" };
  #opening: Opening | undefined;
  #peer: DeclaredLimits | undefined;
  #greeting: { hello: Hello } | { welcome: Welcome } | undefined;
  #delivery: "idle" | "running" | "over" = "idle";

  constructor(options: SessionOptions) {
    const { role, limits, encoder, hello, now } = options;
    this.#role = role;
    this.#limits = limits;
    this.#hello = hello;
    this.#startedAt = now;
    this.#now = now;
    this.#outbound = new Outbound(limits, encoder);
    this.#liveness = new Liveness(limits.heartbeatInterval, limits.heartbeatTimeout, now);
    this.#reader = new MessageReader(limits, this.#inbox, (name, value) =>
      this.#handleControl(name, value),
    );
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
    switch (this.#state.phase) {
      case "preface":
      case "hello":
      case "welcome":
        return this.#startedAt + this.#limits.handshakeTimeout;
      case "open":
        return this.#liveness.deadline;
      case "closing":
        return this.#state.deadline;
      case "accepting":
      case "closed":
        return Infinity;
    }
  }

  /**
   * Queue an event. Answers false from the high-water mark on (the event is kept all the same), on a
   * session that is not open, and when the peer's own limits forbid the event (which is reported).
   * Throws at the caller what {@link EventEncoder.line} throws.
   */
  emit(event: string, data: unknown): boolean {
    const answer = this.#outbound.emit(event, data);
    return typeof answer === "boolean" ? answer : this.#report(answer);
  }

  /** Queue an event that was encoded once for several sessions. Answers as `emit`. */
  emitEncoded(event: EncodedEvent): boolean {
    const answer = this.#outbound.emitEncoded(event);
    return typeof answer === "boolean" ? answer : this.#report(answer);
  }

  /**
   * Ask the peer for a sign of life; the event `user-pong` brings back `time`, a whole number of at
   * least 1. Answers false on a session that is not open and with 1,024 such pings on their way.
   */
  ping(time: number): boolean {
    if (this.#state.phase !== "open" || !this.#pings.add(time)) return false;
    this.#outbound.pushControl(encodePing(time));
    return true;
  }

  /** Server: welcome the client whose hello was delivered. Does nothing if it has gone meanwhile. */
  accept(welcome: Welcome, now: number): void {
    if (this.#state.phase !== "accepting") return;
    this.#outbound.pushControl(encodeWelcome(welcome));
    this.#open(now);
  }

  /**
   * End gracefully: what was emitted leaves first, then a bye with the reason and a sentence for
   * people. What the peer sends from now on is dropped.
   */
  close(reason: CloseReason, now: number, message?: string): void {
    this.#now = now;
    if (this.#ending()) return;
    if (this.#opening === undefined) {
      this.#outbound.pushControl(encodeBye(reason, message));
    }
    this.#inbox.clear();
    this.#beginClosing({ reason, message, byPeer: false });
  }

  /** Bytes have come from the connection. */
  handleBytes(chunk: Uint8Array, now: number): void {
    this.#now = now;
    this.#liveness.heard(now);
    if (this.#ending()) return;
    try {
      this.#read(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The connection has passed on all it held and takes more. */
  handleDrain(): void {
    this.#outbound.handleDrain();
  }

  /** The clock has reached `deadline`. `lag` is how late the caller's timer fired, for the error's text. */
  handleTimeout(now: number, lag = 0): void {
    this.#now = now;
    if (now < this.deadline) return;
    const { phase } = this.#state;
    if (phase === "closing") {
      this.#finish(this.#state.end);
    } else if (phase !== "open") {
      const waited = now - this.#startedAt;
      this.#breakOff(
        "timed-out",
        timeoutError("IPC_HANDSHAKE_TIMEOUT", `its ${phase}`, waited, lag),
      );
    } else if (this.#liveness.judge(now) === "ping") {
      this.#outbound.pushControl(encodePing(0));
    } else {
      const silence = this.#liveness.silence(now);
      this.#breakOff(
        "timed-out",
        timeoutError("IPC_HEARTBEAT_TIMEOUT", "a sign of life", silence, lag),
      );
    }
  }

  /** The connection is gone, with or without an error. */
  handleDisconnect(error?: Error): void {
    if (this.#state.phase === "closed") return;
    if (this.#state.phase === "closing") return this.#finish(this.#state.end);
    const when = this.#state.phase === "open" ? "" : ", before the session was open";
    const text = `The connection ended without a goodbye of the peer${when}.`;
    const gone = new ProtocolError("IPC_PEER_GONE", "peer", text, { cause: error });
    this.#finish({ reason: "peer-gone", error: gone, byPeer: false });
  }

  /** Hand everything queued to the connection in one write, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    if (this.#outbound.overfull && this.#state.phase === "open") {
      const bytes = this.#outbound.queuedBytes;
      const text = `The peer reads too slowly: ${bytes} bytes wait for it (maxQueuedBytes is ${this.#limits.maxQueuedBytes}). Heed emit's answer false and the event drain.`;
      this.#breakOff(
        "slow-consumer",
        new ProtocolError("IPC_SLOW_CONSUMER", "peer", text, { context: { bytes } }),
      );
    }
    this.#outbound.writeOut(writer);
    if (this.#outbound.takeDrain() && this.#state.phase === "open") {
      this.#inbox.push("drain", undefined);
    }
  }

  /**
   * Hand what has happened to the sink, in order. With `hold` only a hello or a welcome is handed
   * over, and the rest waits. A call from within a sink's method does nothing.
   */
  deliver(sink: SessionSink, hold = false): void {
    if (this.#delivery !== "idle") return;
    this.#delivery = "running";
    const greeting = this.#greeting;
    if (greeting !== undefined) {
      this.#greeting = undefined;
      if ("hello" in greeting) sink.handleHello(greeting.hello);
      else sink.handleWelcome(greeting.welcome);
    }
    if (!hold) this.#inbox.deliver(sink);
    this.#delivery = "idle";
    if (!hold && this.#state.phase === "closed") {
      this.#delivery = "over";
      sink.handleClosed(this.#state.end);
    }
  }

  #read(chunk: Uint8Array): void {
    const opening = this.#opening;
    if (opening === undefined) return this.#reader.read(chunk);
    const opened = opening.read(chunk);
    if (opened === undefined) return;
    this.#opening = undefined;
    this.#peer = opened.peer;
    if (this.#role === "server") {
      this.#move({ phase: "hello" });
      this.#outbound.pushControl(opening.preface);
    } else {
      this.#move({ phase: "welcome" });
      this.#outbound.pushControl(encodeHello(this.#hello ?? { name: "" }));
    }
    if (opened.rest.length > 0) this.#reader.read(opened.rest);
  }

  /** Answers false when the rest of the peer's bytes does not matter any more. */
  #handleControl(name: string, value: unknown): boolean {
    const { phase } = this.#state;
    switch (name) {
      case "hello":
        if (phase !== "hello") throw invalid("a hello where none belongs");
        this.#greeting = { hello: parseHello(value) };
        this.#move({ phase: "accepting" });
        this.#reader.openUp();
        return true;
      case "welcome":
        if (phase !== "welcome") throw invalid("a welcome where none belongs");
        this.#greeting = { welcome: parseWelcome(value) };
        this.#reader.openUp();
        this.#open(this.#now);
        return true;
      case "ping":
        this.#outbound.pushControl(encodePong(parsePing(value)));
        return true;
      case "pong":
        if (value !== 0) this.#handlePong(parsePing(value));
        return true;
      case "bye":
        this.#beginClosing(parseBye(value));
        return false;
      case "error":
        this.#beginClosing(parseError(value));
        return false;
      default:
        throw invalid("a control message that this version does not know");
    }
  }

  #handlePong(time: number): void {
    if (!this.#pings.answer(time)) throw invalid("a pong to no ping");
    this.#inbox.push("user-pong", { time });
  }

  #open(now: number): void {
    this.#move({ phase: "open" });
    this.#liveness.heard(now);
    if (this.#peer !== undefined) this.#outbound.open(this.#peer);
  }

  /** End over something the peer did, and tell it. */
  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#outbound.pushControl(encodeRefusal(codeOf(error)));
    this.#beginClosing({ reason: "violation", error, byPeer: false });
  }

  /** End at once: nobody reads there. The farewell leaves if the connection takes it. */
  #breakOff(reason: CloseReason, error: ProtocolError): void {
    this.#outbound.clear();
    this.#outbound.pushControl(encodeRefusal(error.code));
    this.#finish({ reason, error, byPeer: false });
  }

  #beginClosing(end: SessionEnd): void {
    this.#outbound.shut();
    this.#move({ phase: "closing", end, deadline: this.#now + this.#limits.closeTimeout });
  }

  #finish(end: SessionEnd): void {
    this.#outbound.shut();
    this.#move({ phase: "closed", end });
  }

  #ending(): boolean {
    return this.#state.phase === "closing" || this.#state.phase === "closed";
  }

  #move(to: SessionState): void {
    this.#state = transition(this.#state, to);
  }

  #report(error: ProtocolError): false {
    this.#inbox.push(reportEvent, error);
    return false;
  }
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("IPC_") ? code : "IPC_REFUSED";
}
