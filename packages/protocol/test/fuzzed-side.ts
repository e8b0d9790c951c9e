import { Buffer } from "node:buffer";
import {
  type ByteWriter,
  defaultLimits,
  MessageEncoder,
  type Hello,
  ProtocolError,
  type Role,
  Session,
  type SessionLimits,
  type SessionSink,
  type Welcome,
} from "../src/index.ts";
import type { Dice } from "./dice.ts";
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
export class FuzzedSide implements SessionSink, ByteWriter {
  readonly role: Role;
  now = 0;
  bufferedBytes = 0;
  blocked = false;
  /** The session of the application, over all its connections. */
  session: Session;
  /** How often it went on over another connection. */
  resumed = 0;
  readonly tank = new Tank();
  readonly #dice: Dice;
  /** The session that reads the present connection. */
  #carried: Session;
  /** Calls of the peer that wait for an answer. */
  readonly #calls = new Map<number, number>();

  constructor(role: Role, dice: Dice) {
    this.role = role;
    this.#dice = dice;
    this.tank.reads = false;
    this.session = this.#begin();
    this.#carried = this.session;
  }

  /** Another connection, for the session that is parked. */
  connectAnew(): void {
    this.#carried = this.#begin(this.session);
    this.pump();
  }

  /** Bytes have come. */
  feed(bytes: Buffer): void {
    this.#carried.handleBytes(bytes, this.now);
    this.pump();
  }

  /** The connection is gone. */
  cut(): void {
    this.blocked = false;
    this.bufferedBytes = 0;
    const carried = this.#carried;
    carried.handleDisconnect(undefined, this.now);
    this.#deliver(carried);
    if (carried !== this.session) this.#deliver(this.session);
  }

  /** Take every output. */
  pump(): void {
    for (let round = 0; round < 20; round++) {
      const session = this.#carried;
      this.#deliver(session);
      session.writeOut(this);
      this.#deliver(session);
      if (session === this.#carried && session.undelivered === 0) break;
    }
    this.#check();
  }

  /** The application, the connection or the clock does something. */
  act(): void {
    const dice = this.#dice;
    const { session } = this;
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
          if (dice.roll(20) === 0) session.close("requested", this.now);
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
      const next = Math.min(this.session.deadline, this.#carried.deadline);
      if (!(next <= until)) break;
      this.now = Math.max(this.now, next);
      for (const session of new Set([this.#carried, this.session])) {
        if (this.now >= session.deadline) session.handleTimeout(this.now);
      }
      this.pump();
      this.#deliver(this.session);
    }
    this.now = until;
  }

  /** The connection ends for good, and time passes. Throws unless the session is over then. */
  finish(): void {
    this.cut();
    this.pass(60_000);
    for (const session of [this.session, this.#carried]) {
      const { phase } = session;
      if (phase !== "closed" && phase !== "merged") throw new Error(`it hangs in ${phase}`);
    }
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
    const begun = this.#carried;
    if (recovery?.session !== undefined && this.session !== begun) {
      const { received = 0, session } = recovery;
      if (this.session.resume(begun, welcome, { received, session })) {
        this.#carried = this.session;
        return;
      }
      this.session.lose(recovery.received);
      this.#deliver(this.session);
    }
    this.session = begun;
    this.#calls.clear();
    // Some clients wait until the application has decided.
    if (this.#dice.roll(8) === 0) return;
    const grant = { session: "s", window: 5_000, resumed: false };
    begun.accept(recovery === undefined ? welcome : { ...welcome, recovery: grant }, this.now);
  }

  handleWelcome({ recovery }: Welcome): void {
    if (recovery?.resumed === true) {
      this.#carried = this.session;
      return;
    }
    if (this.session === this.#carried) return;
    this.session.lose(recovery?.received);
    this.#deliver(this.session);
    this.session = this.#carried;
    this.#calls.clear();
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
    this.session.leave(within, this.now);
  }

  handleClosed(): void {}

  #begin(former?: Session): Session {
    return new Session({
      role: this.role,
      limits: narrow,
      encoder,
      hello: { name: "fuzzed" },
      recovers: true,
      former: this.role === "client" ? former : undefined,
      streams: this.tank,
      now: this.now,
    });
  }

  #deliver(session: Session): void {
    session.deliver(this, true);
    session.deliver(this);
  }

  #drain(): void {
    this.bufferedBytes = 0;
    this.#carried.handleDrain(this.now);
  }

  #answer(): void {
    const [call] = this.#calls.keys();
    if (call === undefined) return;
    this.#calls.delete(call);
    if (this.#dice.roll(2) === 0) this.session.calls.refuse(call, "IPC_NO_HANDLER");
    else this.session.calls.reply(call, "answer");
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
