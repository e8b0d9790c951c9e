import { Buffer } from "node:buffer";
import {
  type ByteWriter,
  defaultLimits,
  MessageEncoder,
  Handshake,
  type HandshakeSink,
  type Hello,
  ProtocolError,
  type Role,
  Session,
  type SessionLimits,
  type SessionSink,
  type Welcome,
} from "../src/index.ts";
import type { Dice } from "./dice.ts";
import { notFitting } from "./party.ts";
import { Tank, Well } from "./tank.ts";

/** Narrow limits, so that a short conversation reaches each of them. */
const narrow: SessionLimits = {
  ...defaultLimits,
  maxMessageBytes: 16_384,
  maxAttachments: 2,
  highWaterMark: 1_024,
  maxQueuedBytes: 8_192,
  maxUnconfirmedBytes: 8_192,
  maxCalls: 3,
  maxCallBytes: 8_192,
  maxStreams: 3,
  streamWindow: 1_024,
};

const encoder = new MessageEncoder(narrow);
const id = "AAECAwQFBgcICQoLDA0ODw";
const welcome: Welcome = { id, token: "c2VjcmV0" };

/** A side whose peer makes up what it says: its application does anything at any time, and its limits are looked at. */
export class FuzzedSide implements HandshakeSink, SessionSink, ByteWriter {
  readonly role: Role;
  now = 0;
  bufferedBytes = 0;
  blocked = false;
  /** The session of the application, over all its connections. */
  session: Session | undefined;
  /** The number of times that it went on over another connection. */
  resumed = 0;
  readonly tank = new Tank();
  readonly #dice: Dice;
  /** The handshake of the present connection, until a session has taken it. */
  #handshake: Handshake | undefined;
  /** Calls of the peer that wait for an answer. */
  readonly #calls = new Map<number, number>();

  constructor(role: Role, dice: Dice) {
    this.role = role;
    this.#dice = dice;
    this.tank.reads = false;
    this.#handshake = this.#dial();
  }

  /** Another connection, for the session that is parked. */
  connectAnew(): void {
    this.#handshake = this.#dial();
    this.pump();
  }

  /** Bytes have come. */
  feed(bytes: Buffer): void {
    this.#machine?.handleBytes(bytes, this.now);
    this.pump();
  }

  /** The connection is gone. */
  cut(): void {
    this.blocked = false;
    this.bufferedBytes = 0;
    this.#machine?.handleDisconnect(undefined, this.now);
    this.#handshake?.deliver(this);
    this.#handshake = undefined;
    this.#deliver();
  }

  /** Take every output. */
  pump(): void {
    for (let round = 0; round < 20; round++) {
      const machine = this.#machine;
      this.#deliver();
      machine?.writeOut(this);
      this.#deliver();
      if (machine === this.#machine && (this.session?.undelivered ?? 0) === 0) break;
    }
    this.#check();
  }

  /** The application, the connection or the clock does something. */
  act(): void {
    const dice = this.#dice;
    const { session } = this;
    if (session === undefined) return;
    try {
      switch (dice.roll(16)) {
        case 0:
          session.emit("e", "x".repeat(dice.roll(2_000)));
          break;
        case 1:
          session.emitWith("e", dice.roll(9), { ttl: 50 }, this.now);
          break;
        case 2:
          session.calls.invoke("a", dice.roll(9), { event: "a" }, dice.roll(100), this.now);
          break;
        case 3:
          this.#answer();
          break;
        case 4:
          session.emit("s", new Well([Buffer.alloc(dice.roll(900) + 1)]));
          break;
        case 5:
          session.emit("s", new Well([dice.roll(9), "v".repeat(dice.roll(3_000))], true));
          break;
        case 6:
          session.flush({});
          break;
        case 7:
          session.ping(1 + dice.roll(9));
          break;
        case 8:
          session.calls.cancel(1 + dice.roll(3));
          break;
        case 9:
          this.blocked = dice.roll(3) === 0;
          if (!this.blocked) this.#drain();
          break;
        case 10:
          if (dice.roll(20) === 0) session.close({ reason: "requested" }, this.now);
          break;
        case 11:
          this.pass(dice.roll(200));
          break;
        default:
          this.#read();
      }
    } catch (error) {
      // A caller's own mistake, such as an answer that finds the queue full, is thrown at the caller.
      if (!(error instanceof ProtocolError) || error.blame !== "caller") throw error;
    }
    this.pump();
  }

  /** Let time pass, with every deadline in it. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (let round = 0; ; round++) {
      if (round > 1_000) throw new Error("the deadline does not move");
      const machines = [this.#handshake, this.session].filter((one) => one !== undefined);
      const next = Math.min(...machines.map(({ deadline }) => deadline));
      if (!(next <= until)) break;
      this.now = Math.max(this.now, next);
      for (const machine of machines) {
        if (this.now >= machine.deadline) machine.handleTimeout(this.now);
      }
      this.pump();
    }
    this.now = until;
  }

  /** The connection ends for good, and time passes. Throws unless the session is over then. */
  finish(): void {
    this.cut();
    this.pass(60_000);
    const { phase = "closed" } = this.session ?? {};
    if (phase !== "closed") throw new Error(`it hangs in ${phase}`);
  }

  send(chunk: Uint8Array | string): boolean {
    if (this.blocked) this.bufferedBytes += chunk.length;
    return !this.blocked;
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.send(chunk);
    return !this.blocked;
  }

  handleHello({ recovery }: Hello): void {
    const handshake = this.#handshake;
    if (handshake === undefined) return;
    if (recovery?.session !== undefined && this.session !== undefined) {
      const { received = 0, session } = recovery;
      if (this.session.resume(handshake, welcome, { received, session })) {
        this.#handshake = undefined;
        return;
      }
      this.session.lose(recovery.received);
    }
    this.session?.lose();
    this.#deliver();
    const begun = this.#begin(handshake);
    // Some clients wait until the application has decided.
    if (this.#dice.roll(8) === 0) return;
    const grant = { session: "s", window: 5_000, resumed: false };
    begun.accept({ ...welcome, recovery: recovery === undefined ? undefined : grant }, this.now);
  }

  handleWelcome(theirs: Welcome): void {
    const handshake = this.#handshake;
    if (handshake === undefined) return;
    if (theirs.recovery?.resumed === true && this.session !== undefined) {
      if (this.session.resumeWelcomed(handshake, theirs)) this.#handshake = undefined;
      else handshake.refuse(notFitting(), this.now);
      return;
    }
    this.session?.lose(theirs.recovery?.received);
    this.#deliver();
    this.#begin(handshake);
  }

  handleEvent(): void {}

  handleCall(call: number, _: string, data: unknown): void {
    this.#calls.set(call, typeof data === "string" ? data.length : 0);
    if (this.#calls.size > narrow.maxCalls) throw new Error("more calls than the limit");
    const bytes = [...this.#calls.values()].reduce((sum, size) => sum + size, 0);
    if (bytes > narrow.maxCallBytes && this.#calls.size > 1) {
      throw new Error("more bytes of calls than the limit");
    }
    if (this.#dice.roll(3) === 0) this.#answer();
  }

  handleCancel(): void {}
  handleReply(): void {}
  handleFlushed(): void {}
  handleParked(): void {}

  handleResumed(): void {
    this.resumed++;
  }

  handleLeave(within: number): void {
    this.session?.leave(within, this.now);
  }

  handleClosed(): void {}

  /** Whatever has the present connection. */
  get #machine(): Handshake | Session | undefined {
    return this.#handshake ?? this.session;
  }

  #dial(): Handshake {
    const recovery = this.session?.resumption ?? {};
    const hello = { name: "fuzzed", recovery };
    return new Handshake({ role: this.role, limits: narrow, hello, now: this.now });
  }

  #begin(handshake: Handshake): Session {
    const { now, tank: streams } = this;
    const session = new Session({ handshake, limits: narrow, encoder, streams, now });
    this.#handshake = undefined;
    this.session = session;
    this.#calls.clear();
    return session;
  }

  #deliver(): void {
    this.#handshake?.deliver(this);
    this.session?.deliver(this);
  }

  #drain(): void {
    this.bufferedBytes = 0;
    this.#machine?.handleDrain(this.now);
  }

  #answer(): void {
    const [call] = this.#calls.keys();
    if (call === undefined) return;
    this.#calls.delete(call);
    if (this.#dice.roll(2) === 0) this.session?.calls.refuse(call, "IPC_NO_HANDLER");
    else this.session?.calls.reply(call, "answer");
  }

  /** Reads of a stream, or wants no more of it. */
  #read(): void {
    const { basins } = this.tank;
    const basin = basins[this.#dice.roll(basins.length || 1)];
    if (basin === undefined) return;
    if (this.#dice.roll(10) === 0) basin.stream.cancel();
    else basin.read(1 + this.#dice.roll(3));
  }

  #check(): void {
    const { session } = this;
    if (session === undefined) return;
    const { queuedBytes, unconfirmedBytes, openStreams, undelivered, deadline } = session;
    // One message, or one run of emits, may pass a bound.
    const slack = narrow.maxMessageBytes + 4_096;
    if (Number.isNaN(deadline)) throw new Error("the deadline is no number");
    if (queuedBytes > 2 * narrow.maxQueuedBytes + 2 * slack)
      throw new Error(`${queuedBytes} queued`);
    if (unconfirmedBytes > narrow.maxUnconfirmedBytes + 2 * slack) throw new Error("unconfirmed");
    if (openStreams > 2 * 1_024) throw new Error("more streams than the limit");
    if (undelivered > 0 && session.phase === "open") throw new Error("undelivered");
    const waiting = this.tank.basins.map(({ stream }) => stream.waitingBytes);
    const window = narrow.maxStreams * narrow.streamWindow + narrow.maxMessageBytes + 512;
    const open = waiting.filter((bytes) => bytes > 0).length;
    const held = waiting.reduce((sum, bytes) => sum + bytes, 0);
    if (held > Math.max(window, open * narrow.streamWindow + narrow.maxMessageBytes + 512)) {
      throw new Error(`${held} bytes of streams wait`);
    }
  }
}
