import { Buffer } from "node:buffer";
import {
  type ByteWriter,
  type Call,
  type CloseReason,
  defaultLimits,
  MessageEncoder,
  type Feature,
  type Hello,
  type ProtocolError,
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
  readonly former?: Session | undefined;
  readonly slowConsumer?: SlowConsumerPolicy;
  readonly now?: number;
  /** Server: accept each hello at once; true unless said otherwise. */
  readonly accepts?: boolean;
}

export const welcome: Welcome = { id: "AAECAwQFBgcICQoLDA0ODw", token: "c2VjcmV0" };

/** A session with a driver by hand: everything it writes and delivers is kept to be looked at. */
export class Party implements SessionSink, ByteWriter {
  readonly session: Session;
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
  readonly #accepts: boolean;

  constructor(role: Role, options: PartyOptions = {}) {
    this.now = options.now ?? 0;
    this.#accepts = options.accepts ?? true;
    this.limits = { ...defaultLimits, ...options.limits };
    this.session = new Session({
      role,
      limits: this.limits,
      encoder: options.encoder ?? new MessageEncoder(this.limits),
      hello: options.hello,
      security: options.security && createSecurity(options.security),
      features: options.features ?? [],
      recovers: options.recovers,
      former: options.former,
      slowConsumer: options.slowConsumer,
      now: this.now,
    });
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
    this.session.handleBytes(typeof bytes === "string" ? Buffer.from(bytes) : bytes, this.now);
    this.pump();
  }

  /** Take all outputs, until there are no more. */
  pump(): void {
    takeOutputs(
      this.session,
      () => this.session.deliver(this),
      () => this.session.writeOut(this),
    );
  }

  close(reason: CloseReason, message?: string): void {
    this.session.close(reason, this.now, message);
    this.pump();
  }

  disconnect(error?: Error): void {
    this.session.handleDisconnect(error, this.now);
    this.pump();
  }

  drain(): void {
    this.blocks = false;
    this.bufferedBytes = 0;
    this.session.handleDrain();
    this.pump();
  }

  /** Let the clock stand at `now`, with the timer's call if a deadline was reached. */
  tick(now: number, lag = 0): void {
    this.now = now;
    if (now >= this.session.deadline) this.session.handleTimeout(now, lag);
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
    if (this.#accepts) this.session.accept(welcome, this.now);
    this.#keep(["hello", hello]);
  }

  handleWelcome(theirs: Welcome): void {
    this.#keep(["welcome", theirs]);
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

/** The lines that a client in order says first. */
export const clientPreface = `{"ipc":1,"role":"client","mode":"plain"}\n`;
export const serverPreface = `{"ipc":1,"role":"server","mode":"plain"}\n`;
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

/** Takes the outputs of a session, until there are no more. A driver that holds events back delivers none of them. */
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
