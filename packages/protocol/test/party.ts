import { Buffer } from "node:buffer";
import {
  type ByteWriter,
  type Call,
  type CloseReason,
  defaultLimits,
  MessageEncoder,
  type Feature,
  Handshake,
  type HandshakePhase,
  type HandshakeSink,
  type Hello,
  type Phase,
  ProtocolError,
  type Refusal,
  type RemoteError,
  type Reply,
  type Role,
  Session,
  type SessionEnd,
  type SessionLimits,
  type SessionSink,
  type SlowConsumerPolicy,
  type Welcome,
} from "../src/index.ts";
import { createSecurity, type SecurityOptions } from "../src/secure.ts";
import { encodeErrorBye } from "../src/wire/bye.ts";
import type { Delivered } from "./delivered.ts";

export interface PartyOptions {
  readonly limits?: Partial<SessionLimits> | undefined;
  readonly hello?: Hello | undefined;
  readonly encoder?: MessageEncoder | undefined;
  readonly security?: SecurityOptions | undefined;
  /**
   * The features that it offers; none unless said otherwise, so that the messages of the bare wire can be
   * looked at.
   */
  readonly features?: readonly Feature[] | undefined;
  /** Client: ask for a session that outlives its connection. */
  readonly recovers?: boolean;
  /** Client: the parked session to go on with. */
  readonly former?: Party | undefined;
  readonly slowConsumer?: SlowConsumerPolicy;
  readonly now?: number;
  /** Server: accept each hello at once; true unless said otherwise. `never` leaves the handshake as it is. */
  readonly accepts?: boolean | "never";
}

export const welcome: Welcome = { id: "AAECAwQFBgcICQoLDA0ODw", token: "c2VjcmV0" };

/** A connection with a driver by hand, handshake and session: everything it writes and delivers is kept to be looked at. */
export class Party implements HandshakeSink, SessionSink, ByteWriter {
  readonly handshake: Handshake;
  readonly limits: SessionLimits;
  readonly delivered: Delivered[] = [];
  readonly written: Buffer[] = [];
  /** Bytes the connection holds after it answered false. */
  bufferedBytes = 0;
  /** True to let the connection want no more after the next write. */
  blocks = false;
  now: number;
  /** Called at each delivery, from within the sink's method. */
  onDelivery: (delivered: Delivered) => void = () => undefined;
  readonly #options: PartyOptions;
  #session: Session | undefined;

  constructor(role: Role, options: PartyOptions = {}) {
    this.now = options.now ?? 0;
    this.#options = options;
    this.limits = { ...defaultLimits, ...options.limits };
    const { hello = { name: "" }, features = [], former, recovers = false } = options;
    const recovery = recovers ? (former?.session.resumption ?? {}) : undefined;
    this.handshake = new Handshake({
      role,
      limits: this.limits,
      hello: { ...hello, recovery },
      security: options.security && createSecurity(options.security),
      features,
      now: this.now,
    });
    if (former !== undefined) former.session.keepUntil(this.handshake.deadline);
  }

  /** The session, once the peer's hello or welcome has come. */
  get session(): Session {
    if (this.#session === undefined) throw new Error(`no session in ${this.handshake.phase}`);
    return this.#session;
  }

  /** True once there is a session. */
  get begun(): boolean {
    return this.#session !== undefined;
  }

  /** Whatever has the connection. */
  get machine(): Handshake | Session {
    return this.#session ?? this.handshake;
  }

  /** The phase of the session, or of the handshake before there is one. */
  get phase(): Phase | HandshakePhase {
    return this.machine.phase;
  }

  get deadline(): number {
    return this.machine.deadline;
  }

  get flushed(): boolean {
    return this.machine.flushed;
  }

  /** Events delivered, as pairs of name and data. */
  get events(): (readonly [string, unknown])[] {
    return this.delivered.flatMap((one) => (one[0] === "event" ? [[one[1], one[2]] as const] : []));
  }

  /** Calls of the peer delivered, each as id, name and data. */
  get calls(): (readonly [number, string, unknown])[] {
    return this.delivered.flatMap((one) =>
      one[0] === "call" ? [[one[1], one[2], one[3]] as const] : [],
    );
  }

  /** Outcomes of own calls delivered: the event's name, and the data, the error's code or its text. */
  get outcomes(): (readonly [string, unknown])[] {
    return this.delivered.flatMap((one) =>
      one[0] === "reply" ? [[one[1].event, outcomeOf(one[2])] as const] : [],
    );
  }

  /** The errors of own calls that failed. */
  get failures(): (ProtocolError | RemoteError)[] {
    return this.delivered.flatMap((one) =>
      one[0] === "reply" && one[2].type === "error" ? [one[2].error] : [],
    );
  }

  /** Make a call. Answers its id, or the code of the error for which it was not sent. */
  invoke(event: string, data?: unknown, timeout = 30_000): number | string {
    const answer = this.session.calls.invoke(event, data, { event }, timeout, this.now);
    return typeof answer === "number" ? answer : answer.code;
  }

  /** The codes of the reports delivered. */
  get reports(): unknown[] {
    return this.events.flatMap(([name, data]) =>
      name === "ipc:report" ? [(data as { code: unknown }).code] : [],
    );
  }

  get end(): SessionEnd | undefined {
    const last = this.delivered.at(-1);
    return last?.[0] === "closed" ? last[1] : undefined;
  }

  /** Everything written so far and not yet taken, as text; it is forgotten. */
  take(): string {
    return this.takeBytes().toString("utf8");
  }

  takeBytes(): Buffer {
    return Buffer.concat(this.written.splice(0));
  }

  /** Feed bytes as one chunk, and take all outputs. */
  feed(bytes: Uint8Array | string): void {
    const chunk = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    this.machine.handleBytes(chunk, this.now);
    this.pump();
  }

  /** Take all outputs, until there are no more. */
  pump(): void {
    if (this.#session === undefined) {
      this.handshake.deliver(this);
      this.handshake.writeOut(this);
      this.handshake.deliver(this);
    }
    const session = this.#session;
    if (session === undefined) return;
    takeOutputs(
      session,
      () => session.deliver(this),
      () => session.writeOut(this),
    );
  }

  /** Server: accept the client, with a session if there is none yet. */
  accept(theirs: Welcome): void {
    if (this.#session === undefined) this.#begin();
    this.session.accept(theirs, this.now);
  }

  close(reason: CloseReason, message?: string, refusal?: Refusal): void {
    this.machine.close({ reason, message, refusal }, this.now);
    this.pump();
  }

  /** Refuse the peer over an error before its session is open. */
  refuse(error: ProtocolError): void {
    this.machine.refuse(error, this.now);
    this.pump();
  }

  disconnect(error?: Error): void {
    this.machine.handleDisconnect(error, this.now);
    this.pump();
  }

  drain(): void {
    this.blocks = false;
    this.bufferedBytes = 0;
    this.machine.handleDrain();
    this.pump();
  }

  /** Let the clock stand at `now`, with the timer's call if a deadline was reached. */
  tick(now: number, lag = 0): void {
    this.now = now;
    if (now >= this.deadline) this.machine.handleTimeout(now, lag);
    this.pump();
  }

  send(chunk: Uint8Array | string): boolean {
    return this.sendAll([typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) {
      this.written.push(chunk as Buffer);
      if (this.blocks) this.bufferedBytes += chunk.length;
    }
    return !this.blocks;
  }

  handleHello(hello: Hello): void {
    const { accepts = true } = this.#options;
    if (accepts !== "never") this.#begin();
    if (accepts === true) this.session.accept(welcome, this.now);
    this.#keep(["hello", hello]);
  }

  handleWelcome(theirs: Welcome): void {
    this.#keep(["welcome", theirs]);
    const { former } = this.#options;
    former?.session.keepUntil(-Infinity);
    if (theirs.recovery?.resumed !== true) {
      this.#begin();
    } else if (former?.session.phase !== "parked") {
      this.handshake.close({ reason: "requested" }, this.now);
    } else if (!former.session.resumeWelcomed(this.handshake, theirs)) {
      this.handshake.refuse(notFitting(), this.now);
    }
  }

  handleEvent(name: string, data: unknown): void {
    this.#keep(["event", name, data]);
  }

  handleCall(id: number, name: string, data: unknown): void {
    this.#keep(["call", id, name, data]);
  }

  handleCancel(id: number): void {
    this.#keep(["cancel", id]);
  }

  handleReply(call: Call, reply: Reply): void {
    this.#keep(["reply", call, reply]);
  }

  handleFlushed(mark: object, error: ProtocolError | undefined): void {
    this.#keep(["flushed", mark, error]);
  }

  handleParked(end: SessionEnd): void {
    this.#keep(["parked", end]);
  }

  handleResumed(): void {
    this.#keep(["resumed"]);
  }

  handleLeave(within: number): void {
    this.#keep(["leave", within]);
  }

  handleClosed(end: SessionEnd): void {
    this.#keep(["closed", end]);
    const { former } = this.#options;
    if (former === undefined || this.#session !== undefined) return;
    former.session.keepUntil(-Infinity);
    const { received } = this.handshake;
    if (received !== undefined) former.session.endParked(end, received);
  }

  #begin(): void {
    const { encoder = new MessageEncoder(this.limits), slowConsumer } = this.#options;
    const { handshake, limits, now } = this;
    this.#session = new Session({ handshake, limits, encoder, slowConsumer, now });
  }

  #keep(delivered: Delivered): void {
    this.delivered.push(delivered);
    this.onDelivery(delivered);
  }
}

function outcomeOf(reply: Reply): unknown {
  if (reply.type === "data") return reply.data;
  return reply.error.code ?? reply.error.message;
}

/** The bye of a side that ends its session over an error. */
export function errorBye(code: string): string {
  return encodeErrorBye(code);
}

/** The lines that a client in order says first. */
export const clientPreface = `{"ipc":[1],"role":"client","mode":"plain"}\n`;
export const serverPreface = `{"ipc":[1],"role":"server","mode":"plain"}\n`;
export const helloLine = `{"hello":{"name":"probe"}}\n`;
export const welcomeLine = `${JSON.stringify({ welcome })}\n`;

/** A server that has welcomed a client, its bytes so far taken. */
export function openServer(options: PartyOptions = {}, preface = clientPreface): Party {
  const server = new Party("server", options);
  server.feed(preface);
  server.feed(helloLine);
  server.take();
  return server;
}

/** A client that was welcomed by a server, its bytes so far taken. */
export function openClient(options: PartyOptions = {}, preface = serverPreface): Party {
  const client = new Party("client", options);
  client.feed(preface);
  client.feed(welcomeLine);
  client.take();
  return client;
}

/** The error of a client whose session does not fit what a server says of it. */
export function notFitting(): ProtocolError {
  const what = "The peer sent a welcome back that does not fit the session.";
  return new ProtocolError("IPC_INVALID_MESSAGE", "peer", what);
}

/** Takes the outputs of a session, until there are no more. */
export function takeOutputs(session: Session, deliver: () => void, write: () => void): void {
  let left: number;
  do {
    deliver();
    left = session.undelivered;
    write();
    // The reports of a session that never opened wait for its end.
  } while (session.undelivered > left && session.phase !== "accepting");
  deliver();
}
