import { Buffer } from "node:buffer";
import { FrameDecoder, type FrameSink } from "@ipc/framing";
import { LagExcuse, timeoutError } from "../deadlines.ts";
import { invalidMessage, type ProtocolError } from "../error.ts";
import { checkOptions, type OptionNames } from "../known-options.ts";
import {
  checkLimits,
  type DeclaredLimits,
  heldBytes,
  maxControlBytes,
  type SessionLimits,
} from "../limits.ts";
import { isError } from "../realms.ts";
import { endByLoss, endByPeer, endOver, type SessionEnd } from "../session-state.ts";
import { type Bye, byeCode, encodeBye, encodeErrorBye, parseBye } from "./bye.ts";
import { type ByteWriter, Connection } from "./connection.ts";
import { encodeHello, type Hello, parseHello, parseWelcome, type Welcome } from "./hello.ts";
import { isJsonObject, parseJson } from "./json.ts";
import { type Opened, type Opening, PlainOpening, type SessionSecurity } from "./opening.ts";
import { allFeatures, type Feature, type Role } from "./preface.ts";
import type { ByteReader } from "./record-reader.ts";

const lineFeed = 0x0a;
const leftBrace = 0x7b;

/** The options of a handshake. */
export interface HandshakeOptions {
  readonly role: Role;
  readonly limits: SessionLimits;
  /** The name of the serialization. Default: `json`. */
  readonly serialization?: string | undefined;
  /** Client: what to say, and with `recovery` that the session should outlive its connection. */
  readonly hello?: Hello | undefined;
  /** The features that this side offers beyond the bare wire. Default: all that this version knows. */
  readonly features?: readonly Feature[] | undefined;
  /** The password's side of it; without one the connection is plaintext. */
  readonly security?: SessionSecurity | undefined;
  /** The clock, in milliseconds; only differences matter. */
  readonly now: number;
}

const handshakeOptions: OptionNames<HandshakeOptions> = {
  role: true,
  limits: true,
  serialization: true,
  hello: true,
  features: true,
  security: true,
  now: true,
};

/** The terms on which both sides speak over a connection. */
export interface Agreement {
  /** The limits that the peer declares. */
  readonly limits: DeclaredLimits;
  /** True if both sides count and acknowledge messages. */
  readonly acknowledges: boolean;
  /** Streams that the peer takes at once; -1 unless both sides understand them. */
  readonly streams: number;
}

/** The first message of the peer: a client's hello, or a server's welcome. */
export type Greeting =
  | { readonly type: "hello"; readonly hello: Hello }
  | { readonly type: "welcome"; readonly welcome: Welcome };

/** The result of a handshake, for the session that takes it. */
export interface Established {
  readonly role: Role;
  readonly connection: Connection;
  readonly agreement: Agreement;
  readonly greeting: Greeting;
  /** Client: what this side has said. */
  readonly hello: Hello | undefined;
  /** Reads what follows the greeting; its limits are those of a control message. */
  readonly decoder: FrameDecoder;
  /** The bytes that came behind the greeting. */
  readonly held: readonly Uint8Array[];
  /** The time of the last input. */
  readonly now: number;
}

/** The state of a handshake. */
type HandshakeState =
  /** The peer's preface is awaited, and with a password its proof. */
  | { readonly phase: "preface" }
  /** Server: the client's hello is awaited. */
  | { readonly phase: "hello" }
  /** Client: the server's welcome is awaited. */
  | { readonly phase: "welcome" }
  /** The greeting has come: a session may take the connection. */
  | { readonly phase: "done"; readonly greeting: Greeting }
  /** A session has taken the connection. */
  | { readonly phase: "taken" }
  /** The last bytes leave; the peer's end of stream or the deadline is awaited. */
  | { readonly phase: "closing"; readonly end: SessionEnd; readonly deadline: number }
  /** Nothing more comes or goes. */
  | { readonly phase: "closed"; readonly end: SessionEnd };

/** The name of a state of a handshake. */
export type HandshakePhase = HandshakeState["phase"];

const transitions: Readonly<Record<HandshakePhase, readonly HandshakePhase[]>> = {
  preface: ["hello", "welcome", "closing", "closed"],
  hello: ["done", "closing", "closed"],
  welcome: ["done", "closing", "closed"],
  done: ["taken", "closing", "closed"],
  taken: [],
  closing: ["closed"],
  closed: [],
};

/** Receives the results of a handshake when the driver calls `deliver`. No method may throw. */
export interface HandshakeSink {
  /** Server: the hello of a client has come. Give the handshake to a session, or close it. */
  handleHello(hello: Hello): void;
  /** Client: the server has accepted. Give the handshake to a session, or close it. */
  handleWelcome(welcome: Welcome): void;
  /** The handshake has failed, or was closed, and its connection is over. Nothing follows. */
  handleClosed(end: SessionEnd): void;
}

/**
 * The beginning of a connection, up to the peer's hello or welcome: what follows is a session's.
 *
 * ```
 *   client  preface, hello ──────────────────>  server           in plaintext
 *           <────────────── preface, welcome
 *
 *   client  preface ─────────────────────────>  server           with a password
 *           <───── preface, record{Finished_s}
 *           record{Finished_c}, record{hello} ─>
 *           <───────────────── record{welcome}
 * ```
 *
 * - commands: `close`, `refuse`, and `take`, with which a session consumes it
 * - inputs: `handleBytes`, `handleDrain`, `handleTimeout`, `handleDisconnect`
 * - outputs, to be taken after every command and input: `writeOut`, `deliver`, `deadline`, `phase`
 *
 * In the phase `closing` the driver closes the connection once `flushed`, in `closed` it aborts it.
 */
export class Handshake implements ByteReader, FrameSink {
  readonly role: Role;
  readonly #limits: SessionLimits;
  readonly #features: readonly Feature[];
  readonly #hello: Hello | undefined;
  readonly #connection = new Connection();
  readonly #startedAt: number;
  /** The time of the last input. */
  #now: number;
  #opening: Opening | undefined;
  #agreement: Agreement | undefined;
  readonly #decoder = new FrameDecoder({ maxFrameBytes: maxControlBytes, maxAttachments: 0 });
  #state: HandshakeState = { phase: "preface" };
  #excuse: LagExcuse | undefined;
  /** The lines that are not written yet. */
  #out = "";
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isTold = false;
  /** True when the end was delivered. */
  #isOver = false;
  /** True once this side has said its preface. */
  #isIntroduced = false;
  /** The bye that was read, until the chunk is. */
  #bye: Bye | undefined;
  /** Client: what the server says it had received in the session that was to be resumed, if it ends that. */
  received: number | undefined;

  /** Throws `IPC_INVALID_OPTION` for an unknown option, a limit out of its range or a label that is too long. */
  constructor(options: HandshakeOptions) {
    checkOptions("A handshake", options, handshakeOptions);
    checkLimits(options.limits);
    const { role, limits, features = allFeatures, security, serialization, hello } = options;
    this.role = role;
    this.#limits = limits;
    this.#features = features;
    this.#startedAt = options.now;
    this.#now = options.now;
    const offers = features.includes("recovery");
    this.#hello = hello && { ...hello, recovery: offers ? hello.recovery : undefined };
    const line = role === "client" ? encodeHello(this.#hello ?? { name: "" }) : "";
    const offer = { limits, features, serialization };
    const say = (bytes: string | Uint8Array): void => {
      this.#connection.pushClear(bytes);
      this.#isIntroduced = true;
    };
    this.#opening = security?.open(role, offer, say) ?? new PlainOpening(role, offer, say);
    // With a password it waits for the server's proof.
    if (security === undefined) this.#out = line;
    this.#connection.deliverTo(this);
  }

  /** The phase of the handshake. */
  get phase(): HandshakePhase {
    return this.#state.phase;
  }

  /** The terms of both sides, once the prefaces are exchanged. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** The hello of this side, of a client. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** True if something has come behind the greeting. */
  get hasMore(): boolean {
    return this.#heldBytes > 0;
  }

  /** True if everything was handed to the connection. */
  get flushed(): boolean {
    return this.#out === "" && this.#connection.empty;
  }

  /** The instant at which `handleTimeout` has something to do; Infinity if never. */
  get deadline(): number {
    const owed = Math.max(this.#owed, this.#excuse?.until ?? -Infinity);
    return Math.min(owed, this.#opening?.retryAt ?? Infinity);
  }

  /** Give the connection to a session. Throws unless the greeting has come. */
  take(): Established {
    const { greeting } = this.#state.phase === "done" ? this.#state : {};
    if (greeting === undefined || this.#agreement === undefined) {
      throw new Error(`A handshake cannot be taken in the phase ${this.phase}.`);
    }
    this.#move({ phase: "taken" });
    return {
      role: this.role,
      connection: this.#connection,
      agreement: this.#agreement,
      greeting,
      hello: this.#hello,
      decoder: this.#decoder,
      held: this.#held,
      now: this.#now,
    };
  }

  /**
   * End gracefully, with a bye: whole once the prefaces are exchanged, and with its reason alone in the place of this
   * side's preface, where nothing is encrypted. A server that refuses a client which came back says what it had
   * `received`.
   */
  close(bye: Bye, now: number): void {
    if (this.#isEnding) return;
    const { reason, message } = bye;
    if (this.#opening === undefined) this.#out += encodeBye(bye);
    else if (!this.#isIntroduced) this.#out += encodeBye({ reason });
    this.#close({ reason, message, byPeer: false }, now);
  }

  /** Refuse the peer over an error, whose code it is told. */
  refuse(error: ProtocolError, now: number): void {
    if (!this.#isEnding) this.#fail(error, now);
  }

  /** Bytes have come from the connection. */
  handleBytes(chunk: Uint8Array, now: number): void {
    if (this.#isEnding) return;
    this.#now = now;
    try {
      const opened = this.#opening?.read(chunk, now);
      if (this.#opening === undefined) this.#connection.read(chunk);
      else if (opened !== undefined && "bye" in opened) this.#bye = opened.bye;
      else if (opened !== undefined) this.#begin(opened);
    } catch (error) {
      this.#fail(error, now);
    }
    this.#settle(now);
  }

  /** The connection has passed on all it held and takes more. */
  handleDrain(): void {
    this.#connection.handleDrain();
  }

  /** The clock has reached `deadline`. `lag` is how late the caller's timer fired. */
  handleTimeout(now: number, lag = 0): void {
    try {
      if (this.#opening !== undefined && now >= this.#opening.retryAt) this.#opening.retry(now);
    } catch (error) {
      this.#fail(error, now);
    }
    if (now < this.#owed) return;
    this.#excuse ??= new LagExcuse();
    if (this.#excuse.excuses(now, lag)) return;
    const late = this.#excuse.take(lag);
    if (this.#state.phase === "closing") {
      this.#finish(this.#state.end);
    } else {
      const error = timeoutError(
        "IPC_HANDSHAKE_TIMEOUT",
        `its ${this.phase}`,
        now - this.#startedAt,
        late,
      );
      this.#finish(endOver(error));
      // A bye behind a hello that is read later would end the session which waits there for the next attempt.
      const resumes = this.#hello?.recovery?.session !== undefined;
      if (!resumes) this.#out += encodeErrorBye(error.code);
    }
  }

  /** The connection is gone, with or without an error. */
  handleDisconnect(error?: Error): void {
    if (this.#state.phase === "closing") this.#finish(this.#state.end);
    else if (!this.#isEnding) this.#finish(endByLoss(false, this.#connection.end() ?? error));
    this.#connection.dropKeys();
  }

  /** Hand everything queued to the connection, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    const connection = this.#connection;
    if (this.phase === "taken" || connection.blocked) return;
    const line = this.#out;
    this.#out = "";
    if (connection.isProtected || line === "") connection.writeClear(writer);
    if (line !== "" && !connection.isOver) connection.write(writer, line);
    if (this.#state.phase === "closing" && !connection.blocked) connection.writeEnd(writer);
    if (this.#state.phase === "closed") connection.dropKeys();
  }

  /** Hand what has happened to the sink. A call from within a sink's method does nothing. */
  deliver(sink: HandshakeSink): void {
    const state = this.#state;
    if (this.#isTold && state.phase !== "closed") return;
    if (state.phase === "done") {
      this.#isTold = true;
      if (state.greeting.type === "hello") sink.handleHello(state.greeting.hello);
      else sink.handleWelcome(state.greeting.welcome);
    } else if (state.phase === "closed" && !this.#isOver) {
      this.#isOver = true;
      sink.handleClosed(state.end);
    }
  }

  read(content: Uint8Array): void {
    let rest = content;
    if (this.phase === "hello" || this.phase === "welcome") {
      const end = content.indexOf(lineFeed) + 1;
      this.#decoder.decode(end === 0 ? content : content.subarray(0, end), this);
      rest = end === 0 ? content.subarray(content.length) : content.subarray(end);
    }
    if (rest.length === 0 || this.phase !== "done") return;
    this.#heldBytes += rest.length;
    if (this.#heldBytes > heldBytes)
      throw invalidMessage(`more than ${heldBytes} bytes behind its hello or welcome`);
    // The memory is the connection's.
    this.#held.push(Buffer.from(rest));
  }

  stop(): void {
    this.#held = [];
  }

  handleLine(text: string): boolean {
    const message = parseJson(text);
    const isControl = text.charCodeAt(0) === leftBrace && isJsonObject(message);
    const members = isControl ? Object.entries(message) : [];
    const [member] = members;
    if (member === undefined || members.length > 1) {
      throw invalidMessage(`something other than its ${this.phase}`);
    }
    const [type, value] = member;
    if (type === "bye") this.#bye = parseBye(value);
    else if (type === this.phase) this.#greet(type, value);
    else throw invalidMessage(`something other than its ${this.phase}`);
    return true;
  }

  #greet(type: string, value: unknown): void {
    const { acknowledges = false } = this.#agreement ?? {};
    if (type === "hello") {
      const hello = parseHello(value);
      const recovery = acknowledges ? hello.recovery : undefined;
      this.#move({ phase: "done", greeting: { type, hello: { ...hello, recovery } } });
      return;
    }
    const welcome = parseWelcome(value);
    const recovery = acknowledges ? welcome.recovery : undefined;
    if (recovery?.resumed === true && this.#hello?.recovery?.session === undefined) {
      throw invalidMessage("a welcome that resumes a session which this side did not name");
    }
    this.#move({ phase: "done", greeting: { type: "welcome", welcome: { ...welcome, recovery } } });
  }

  #begin({ limits, features, protection, rest }: Opened): void {
    const agrees = (feature: Feature): boolean =>
      this.#features.includes(feature) && features.includes(feature);
    this.#opening = undefined;
    this.#agreement = {
      limits,
      acknowledges: agrees("recovery"),
      streams: agrees("streams") ? limits.streams : -1,
    };
    if (protection !== undefined) {
      this.#connection.protect(protection);
      if (this.role === "client") this.#out = encodeHello(this.#hello ?? { name: "" });
    }
    this.#move({ phase: this.role === "client" ? "welcome" : "hello" });
    if (rest.length > 0) this.#connection.read(rest);
  }

  /** Handle a bye that was read. */
  #settle(now: number): void {
    const bye = this.#bye;
    this.#bye = undefined;
    if (bye !== undefined && !this.#isEnding) this.#closeByPeer(bye, now);
  }

  #closeByPeer(bye: Bye, now: number): void {
    this.received = bye.received;
    this.#close(endByPeer(bye), now);
  }

  #fail(cause: unknown, now: number): void {
    if (this.#isEnding) return;
    const error = isError(cause) ? cause : new Error(String(cause));
    this.#out += encodeErrorBye(byeCode(error));
    this.#close(endOver(error), now);
  }

  #close(end: SessionEnd, now: number): void {
    this.#opening = undefined;
    this.#move({ phase: "closing", end, deadline: now + this.#limits.closeTimeout });
    this.#connection.stop();
    this.#connection.shut();
  }

  #finish(end: SessionEnd): void {
    this.#opening = undefined;
    this.#out = "";
    this.#move({ phase: "closed", end });
    this.#connection.stop();
    this.#connection.clear();
  }

  /** The instant at which something is due that the peer or this side's own end owes. */
  get #owed(): number {
    const state = this.#state;
    switch (state.phase) {
      case "preface":
      case "hello":
      case "welcome":
        return this.#startedAt + this.#limits.handshakeTimeout;
      case "closing":
        return state.deadline;
      case "done":
      case "taken":
      case "closed":
        return Infinity;
    }
  }

  /** True in the phases `taken`, `closing` and `closed`. */
  get #isEnding(): boolean {
    const { phase } = this.#state;
    return phase === "taken" || phase === "closing" || phase === "closed";
  }

  #move(to: HandshakeState): void {
    if (!transitions[this.#state.phase].includes(to.phase)) {
      throw new Error(`A handshake cannot go from ${this.#state.phase} to ${to.phase}.`);
    }
    this.#state = to;
  }
}
