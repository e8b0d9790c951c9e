import { Buffer } from "node:buffer";
import {
  type Unsent,
  type ByteWriter,
  type Call,
  Handshake,
  type HandshakeOptions,
  type HandshakeSink,
  type Hello,
  isReservedEvent,
  type ProtocolError,
  type Reply,
  Session,
  type SessionEnd,
  type SessionOptions,
  type SessionSink,
  type Welcome,
} from "../src/index.ts";
import { notFitting, takeOutputs } from "./party.ts";
import type { Seen } from "./seen.ts";

/** The link of a side, as far as it knows it. */
export interface Surroundings {
  readonly now: number;
  /** Milliseconds for which the server keeps a session; 0 for a server that keeps none. */
  readonly window: number;
  handshakeOptions(role: "client" | "server"): HandshakeOptions;
  sessionOptions(role: "client" | "server", handshake: Handshake): SessionOptions;
}

/** One side: the session that its application holds, and the handshake of the next connection. */
export class Side implements SessionSink, ByteWriter {
  readonly role: "client" | "server";
  readonly seen: Seen[] = [];
  /** The session of the application. */
  session: Session | undefined;
  /** The handshake of the present connection, until a session has taken it. */
  handshake: Handshake | undefined;
  /** True while there is a connection. */
  isConnected = false;
  /** The session that delivers at this moment. */
  delivering: Session | undefined;
  bufferedBytes = 0;
  /** True while the connection wants no more. */
  blocked = false;
  /** True to let what came wait undelivered. */
  held = false;
  /** Called for each call that is delivered; answers the reply, or `undefined` to reply later. */
  answer: (data: unknown, id: number) => unknown = (data) => data;
  /** Called from within each delivery. */
  onSeen: (seen: Seen) => void = () => undefined;
  readonly #out: Buffer[] = [];
  #serial = 0;
  #secrets = 0;
  /** The secret with which the session went on last, and what had been read by then. */
  #used = { session: "", receivedBytes: -1 };
  readonly #pair: Surroundings;
  /** Receives what a handshake has to say, apart from the session that waits beside it. */
  readonly #ofHandshake: HandshakeSink = {
    handleHello: (hello) => this.handleHello(hello),
    handleWelcome: (welcome) => this.handleWelcome(welcome),
    handleClosed: (end) => this.#notOpened(end),
  };
  /** The messages that former sessions could not send. */
  #unsent: Unsent[] = [];

  constructor(role: "client" | "server", pair: Surroundings) {
    this.role = role;
    this.#pair = pair;
  }

  /** The data of the peer's events. */
  get events(): unknown[] {
    return this.seen.flatMap((one) =>
      one[0] === "event" && !isReservedEvent(one[1]) ? [one[2]] : [],
    );
  }

  get ends(): SessionEnd[] {
    return this.seen.flatMap((one) => (one[0] === "closed" ? [one[1]] : []));
  }

  /** The numbers of sessions that began, and of resumptions. */
  count(kind: Seen[0]): number {
    return this.seen.filter(([one]) => one === kind).length;
  }

  begin(): void {
    const { hello = { name: "" }, ...options } = this.#pair.handshakeOptions(this.role);
    const recovery = hello.recovery && (this.session?.resumption ?? hello.recovery);
    this.handshake = new Handshake({ ...options, hello: { ...hello, recovery } });
    if (this.role === "client") this.session?.keepUntil(this.handshake.deadline);
    this.isConnected = true;
  }

  /** Whatever has the present connection. */
  get machine(): Handshake | Session | undefined {
    return this.isConnected ? (this.handshake ?? this.session) : undefined;
  }

  disconnect(): void {
    this.#out.length = 0;
    this.blocked = false;
    this.bufferedBytes = 0;
    const { machine } = this;
    this.isConnected = false;
    machine?.handleDisconnect(undefined, this.#pair.now);
    if (machine === this.handshake) this.handshake?.deliver(this.#ofHandshake);
    this.handshake = undefined;
    this.pump();
  }

  feed(chunk: Uint8Array): void {
    this.machine?.handleBytes(chunk, this.#pair.now);
    this.pump();
  }

  drain(): void {
    this.blocked = false;
    this.bufferedBytes = 0;
    this.machine?.handleDrain(this.#pair.now);
    this.pump();
  }

  pump(): void {
    const { handshake } = this;
    if (handshake !== undefined) {
      handshake.deliver(this.#ofHandshake);
      handshake.writeOut(this);
      handshake.deliver(this.#ofHandshake);
    }
    const { session } = this;
    if (session === undefined) return;
    takeOutputs(
      session,
      () => this.#deliver(session, this.held),
      () => {
        if (this.machine === session) session.writeOut(this);
      },
    );
  }

  #deliver(session: Session | undefined, hold = false): void {
    if (hold) return;
    const { delivering } = this;
    this.delivering = session;
    session?.deliver(this);
    this.delivering = delivering;
  }

  tick(): void {
    const { now } = this.#pair;
    if (this.handshake !== undefined && now >= this.handshake.deadline) {
      this.handshake.handleTimeout(now);
    }
    if (this.session !== undefined && now >= this.session.deadline) this.session.handleTimeout(now);
    this.pump();
  }

  get deadline(): number {
    return Math.min(this.handshake?.deadline ?? Infinity, this.session?.deadline ?? Infinity);
  }

  /** True if the present connection is no longer wanted. */
  get isOver(): boolean {
    const { machine } = this;
    if (machine === undefined) return false;
    const { phase } = machine;
    return phase === "closed" || phase === "parked" || (phase === "closing" && machine.flushed);
  }

  takeBytes(): Buffer {
    return Buffer.concat(this.#out.splice(0));
  }

  send(chunk: Uint8Array | string): boolean {
    return this.sendAll([typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) {
      this.#out.push(chunk as Buffer);
      if (this.blocked) this.bufferedBytes += chunk.length;
    }
    return !this.blocked;
  }

  handleHello(hello: Hello): void {
    const { handshake } = this;
    if (handshake === undefined) return;
    const { now, window } = this.#pair;
    const welcome: Welcome = { id: "AAECAwQFBgcICQoLDA0ODw", token: "c2VjcmV0" };
    const { recovery } = hello;
    const parked = this.session;
    if (recovery?.session !== undefined && parked !== undefined && this.#fits(recovery.session)) {
      const received = recovery.received ?? 0;
      if (parked.resume(handshake, welcome, { received, session: this.#newSecret() })) {
        this.handshake = undefined;
        this.#used = { session: recovery.session, receivedBytes: parked.receivedBytes };
        return;
      }
      parked.lose(recovery.received);
    }
    this.session?.lose();
    this.#deliver(this.session);
    const begun = this.#begin(handshake);
    this.#keep(["connected", ++this.#serial]);
    const grant = { session: this.#newSecret(), window, resumed: false };
    begun.accept(
      recovery === undefined || window === 0 ? welcome : { ...welcome, recovery: grant },
      now,
    );
  }

  handleWelcome(welcome: Welcome): void {
    const { handshake, session } = this;
    if (handshake === undefined) return;
    session?.keepUntil(-Infinity);
    if (welcome.recovery?.resumed === true) {
      if (session?.phase !== "parked") {
        handshake.close({ reason: "requested" }, this.#pair.now);
      } else if (session.resumeWelcomed(handshake, welcome)) {
        this.handshake = undefined;
      } else {
        handshake.refuse(notFitting(), this.#pair.now);
      }
      return;
    }
    session?.lose(welcome.recovery?.received);
    this.#deliver(session);
    this.#begin(handshake);
    this.#unsent = this.#unsent.filter((unsent) => this.session?.carry(unsent) !== true);
    this.#keep(["connected", ++this.#serial]);
  }

  handleEvent(name: string, data: unknown): void {
    this.#keep(["event", name, data]);
  }

  handleCall(id: number, name: string, data: unknown): void {
    this.#keep(["call", name, data]);
    const reply = this.answer(data, id);
    if (reply !== undefined) this.reply(id, reply);
  }

  /** Answer a call; one whose answer finds the queue full is refused. */
  reply(id: number, data: unknown): void {
    try {
      this.session?.calls.reply(id, data);
    } catch {
      this.session?.calls.refuse(id, "IPC_INVALID_DATA");
    }
  }

  /** The number of events that were dropped before they left, as reported. */
  get dropped(): number {
    return this.seen.reduce((sum, one) => {
      if (one[0] !== "event" || one[1] !== "ipc:report") return sum;
      const { code, context } = one[2] as ProtocolError;
      return code === "IPC_EVENT_DROPPED" ? sum + Number(context["events"]) : sum;
    }, 0);
  }

  handleCancel(id: number): void {
    this.#keep(["cancel", id]);
  }

  handleReply({ event }: Call, reply: Reply): void {
    this.#keep(["reply", event, reply]);
  }

  handleFlushed(mark: object, error: unknown): void {
    this.#keep(["flushed", mark, error]);
  }

  handleParked(end: SessionEnd): void {
    this.#keep(["parked", end]);
  }

  handleResumed(): void {
    this.#keep(["resumed", this.#serial]);
  }

  handleLeave(within: number): void {
    this.session?.leave(within, this.#pair.now);
    this.#keep(["leave", within]);
  }

  #notOpened(end: SessionEnd): void {
    if (this.role === "client") this.session?.keepUntil(-Infinity);
    const received = this.handshake?.received;
    if (received !== undefined) this.session?.endParked(end, received);
    this.#keep(["closed", end]);
  }

  handleClosed(end: SessionEnd): void {
    const unsent = this.delivering?.unsent;
    if (unsent !== undefined) this.#unsent.push(unsent);
    this.#keep(["closed", end]);
  }

  #begin(handshake: Handshake): Session {
    const session = new Session(this.#pair.sessionOptions(this.role, handshake));
    this.handshake = undefined;
    this.session = session;
    return session;
  }

  /** Tell whether a secret is that of the session: the last one, or the one before if the client may have no other. */
  #fits(secret: string): boolean {
    if (this.session?.recovery?.session === secret) return true;
    const { session, receivedBytes } = this.#used;
    return session === secret && this.session?.receivedBytes === receivedBytes;
  }

  /** A secret that this side has not given before. */
  #newSecret(): string {
    return `secret ${++this.#secrets}`;
  }

  #keep(seen: Seen): void {
    this.seen.push(seen);
    this.onSeen(seen);
  }
}
