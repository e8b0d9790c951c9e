import { Calls } from "./calls/calls.ts";
import { LagExcuse, Liveness, timeoutError, toleratedLag, UserPings } from "./deadlines.ts";
import { invalidMessage, ProtocolError } from "./error.ts";
import { Inbox, type SessionSink } from "./inbox.ts";
import { checkOptions, type OptionNames } from "./known-options.ts";
import { checkLimits, type SessionLimits } from "./limits.ts";
import { Acks } from "./outbox/acks.ts";
import { callIdsIn } from "./outbox/batch.ts";
import type { EmitOptions } from "./outbox/emit-options.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { Remains } from "./outbox/send-queue.ts";
import type { SlowConsumerPolicy } from "./outbox/slow-consumer.ts";
import { Remnants, type Unsent, unsentOf } from "./outbox/undelivered.ts";
import { isError } from "./realms.ts";
import {
  blameFor,
  checkPlace,
  endByLoss,
  endByPeer,
  endByTime,
  endOver,
  isDamagedRecord,
  notFlushed,
  type Phase,
  type SessionEnd,
  type SessionState,
  transition,
} from "./session-state.ts";
import type { InboundStream } from "./streams/inbound-stream.ts";
import type { StreamCarrier } from "./streams/stream-carrier.ts";
import { Streams } from "./streams/streams.ts";
import { type Bye, byeCode, encodeBye, encodeErrorBye } from "./wire/bye.ts";
import type { ByteWriter, Connection } from "./wire/connection.ts";
import { type Control, encodeLeave, encodePing, encodePong } from "./wire/control.ts";
import { reportEvent } from "./wire/event-name.ts";
import type { Agreement, Established, Handshake } from "./wire/handshake.ts";
import {
  encodeWelcome,
  type RecoveryGrant,
  type RecoveryRequest,
  type Welcome,
} from "./wire/hello.ts";
import type { EncodedMessage, MessageEncoder } from "./wire/message-encoder.ts";
import { MessageReader } from "./wire/message-reader.ts";

/** The options of a session. */
export interface SessionOptions {
  /** The handshake that has brought the peer's hello or welcome: the session takes its connection. */
  readonly handshake: Handshake;
  readonly limits: SessionLimits;
  /** Shared by all sessions of an endpoint; made with the same limits. */
  readonly encoder: MessageEncoder;
  /** The treatment of a peer for which `maxQueuedBytes` wait. Default `disconnect`. */
  readonly slowConsumer?: SlowConsumerPolicy | undefined;
  /** The application's kind of streams; without it the session has none. */
  readonly streams?: StreamCarrier | undefined;
  /** The clock, in milliseconds; only differences matter. */
  readonly now: number;
}

const sessionOptions: OptionNames<SessionOptions> = {
  handshake: true,
  limits: true,
  encoder: true,
  slowConsumer: true,
  streams: true,
  now: true,
};

/** The terms on which a server lets a session go on. */
export interface Readmission {
  /** Messages that the client has received. */
  readonly received: number;
  /** The secret with which the client goes on the next time. */
  readonly session: string;
}

/** The figures of a session: counted since it began, over all its connections, and of what it holds now. */
export interface SessionStats {
  /** Events, calls, replies and cancellations sent, each counted once. */
  readonly sent: number;
  /** The same of the peer, as far as they have come. */
  readonly received: number;
  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  readonly sentBytes: number;
  /** Bytes read. */
  readonly receivedBytes: number;
  /** Bytes that wait to be sent. */
  readonly queuedBytes: number;
  /** Bytes sent that the peer has not acknowledged. */
  readonly unconfirmedBytes: number;
  /** Calls in either direction without an outcome. */
  readonly pendingCalls: number;
  /** Events that were dropped before they were sent, by name, those included that a newer one has replaced. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Milliseconds between the last ping and its answer; `undefined` before the first. */
  readonly roundTrip: number | undefined;
  /** The number of times that the session went on over another connection. */
  readonly recovered: number;
}

/**
 * One conversation, without a socket, a timer or a clock. It begins over the connection of a handshake. If both
 * sides want that, it is parked when the connection has gone, until it resumes over that of another handshake.
 *
 * - commands: `emit`, `emitEncoded`, `emitWith`, `calls`, `ping`, `flush`, `withdrawFlush`, `accept`, `resume`,
 *   `resumeWelcomed`, `keepUntil`, `refuse`, `askToLeave`, `leave`, `carry`, `lose`, `endParked`, `close`
 * - inputs: `handleBytes`, `handleDrain`, `handleTimeout`, `handleDisconnect`
 * - outputs, to be taken after every command and input: `writeOut`, `deliver`, `deadline`, `phase`
 *
 * Inputs never call back. Time is a number in milliseconds that never runs backwards. In the phase
 * `closing` the driver closes the connection once `flushed`, in `closed` and `parked` it aborts it.
 */
export class Session {
  /** The calls in both directions. */
  readonly calls: Calls;
  readonly #isServer: boolean;
  readonly #limits: SessionLimits;
  readonly #encoder: MessageEncoder;
  readonly #inbox = new Inbox();
  readonly #outbox: Outbox;
  readonly #acks = new Acks();
  readonly #streams: Streams;
  readonly #reader: MessageReader;
  #state: SessionState;
  /** The present connection, or the last one. */
  #connection: Connection;
  #agreement: Agreement;
  #liveness: Liveness;
  /** Made for the first one: most applications send none. */
  #pings: UserPings | undefined;
  /** Made when the own loop was blocked for the first time. */
  #excuse: LagExcuse | undefined;
  /** The terms on which the session is recovered; `undefined` if it ends with its connection. */
  #grant: RecoveryGrant | undefined;
  /** The instant until which a parked session is kept in any case. */
  #keptUntil = -Infinity;
  /** The instant at which this side leaves, since the server has asked; Infinity if it has not. */
  #leaveBy = Infinity;
  #heardBye = false;
  #remains: Remains | undefined;
  #receivedBytes = 0;
  #recovered = 0;
  /** The time when it was last noted. */
  #now: number;

  /** Throws `IPC_INVALID_OPTION` for an unknown option or a limit out of its range. */
  constructor(options: SessionOptions) {
    checkOptions("A session", options, sessionOptions);
    const { limits, encoder, slowConsumer: policy = "disconnect", streams, now } = options;
    checkLimits(limits);
    const established = options.handshake.take();
    this.#isServer = established.role === "server";
    this.#limits = limits;
    this.#encoder = encoder;
    this.#now = now;
    this.#connection = established.connection;
    this.#agreement = established.agreement;
    this.#liveness = new Liveness(limits.heartbeatInterval, limits.heartbeatTimeout, now);
    this.#streams = new Streams({ limits, encoder, inbox: this.#inbox, carrier: streams });
    this.#outbox = new Outbox({ limits, policy, encoder, streams: this.#streams });
    this.calls = new Calls(encoder, this.#outbox, this.#inbox, this.#streams, limits);
    const { serialization } = encoder;
    this.#reader = new MessageReader(limits, serialization, {
      inbox: this.#inbox,
      acks: this.#acks,
      streams: this.#streams,
      calls: this.calls,
      handleControl: (control, arrived) => this.#handleControl(control, arrived),
    });
    this.#state = { phase: "accepting" };
    this.#attach(established);
    if (this.#isServer) {
      // Events that the application emits before it accepts leave behind the welcome.
      this.#outbox.hold("leaving");
      this.#outbox.flow.keep();
    } else if (established.greeting.type === "welcome") {
      const asks = established.hello?.recovery !== undefined;
      this.#grant = asks ? established.greeting.welcome.recovery : undefined;
      this.#open();
    }
    this.#readHeld(established);
  }

  /** The phase of the session: see the table in the README. */
  get phase(): Phase {
    return this.#state.phase;
  }

  /**
   * True if all that was accepted and leaves over this connection was handed to it, and after a goodbye both
   * sides know what was received.
   */
  get flushed(): boolean {
    return this.#outbox.writer.empty && !this.#owesAck && !this.#awaitsAck;
  }

  /**
   * True if so much is queued that a `writeOut` should not wait for the end of the tick: 64 KiB, or half as
   * many messages as were delivered if those were 32, with a password 64.
   */
  get ripe(): boolean {
    return this.#outbox.flow.ripe;
  }

  /**
   * Bytes that were accepted and that the connection has not taken: messages, lines without a number, and
   * what its own buffer holds.
   */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Bytes kept until the peer acknowledges them. */
  get unconfirmedBytes(): number {
    return this.#outbox.unconfirmedBytes;
  }

  /** Streams in either direction whose end has not been sent. */
  get openStreams(): number {
    return this.#streams.open;
  }

  /** True while events are taken, to be sent or kept. */
  get takesEvents(): boolean {
    return this.#outbox.takesEvents;
  }

  /** True if `emit` has answered false, and no `drain` has followed: of a session that is over, none will. */
  get owesDrain(): boolean {
    return this.#outbox.flow.owesDrain;
  }

  /**
   * Events, calls, cancellations, outcomes of calls and notifications that wait for `deliver`; the end left
   * aside.
   */
  get undelivered(): number {
    return this.#inbox.size;
  }

  /** The terms on which the session is recovered; `undefined` if it ends with its connection. */
  get recovery(): RecoveryGrant | undefined {
    return this.#grant;
  }

  /** Client: the recovery member of the hello with which a parked session is resumed; `undefined` if it cannot be. */
  get resumption(): RecoveryRequest | undefined {
    if (this.#state.phase !== "parked" || this.#grant === undefined) return undefined;
    return { session: this.#grant.session, received: this.#acks.received };
  }

  /** Bytes read, over all connections. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The number of messages of the peer that this side's listeners have been called with. */
  get received(): number {
    return this.#acks.received;
  }

  /**
   * The messages that were never sent in a session that is over, for `carry`; kept until `handleClosed` has
   * returned.
   */
  get unsent(): Unsent | undefined {
    return this.#remains && unsentOf(this.#remains, this.#encoder.serialization);
  }

  /** Figures of all its connections, and of what it holds. */
  get stats(): SessionStats {
    const outbox = this.#outbox;
    return {
      sent: outbox.written,
      received: this.#acks.admitted,
      sentBytes: outbox.writer.writtenBytes,
      receivedBytes: this.#receivedBytes,
      queuedBytes: outbox.queuedBytes,
      unconfirmedBytes: outbox.unconfirmedBytes,
      pendingCalls: this.calls.pending,
      dropped: outbox.dropped,
      roundTrip: this.#liveness.roundTrip,
      recovered: this.#recovered,
    };
  }

  /** The instant at which `handleTimeout` has something to do; Infinity if never. */
  get deadline(): number {
    const { deadline: look } = this.#outbox.flow;
    if (look === 0) return 0;
    const owed = Math.max(Math.min(this.#owed, look), this.#excuse?.until ?? -Infinity);
    const deadline = Math.min(owed, this.#outbox.nextExpiry);
    return this.#state.phase === "parked" ? deadline : Math.min(deadline, this.#acks.deadline);
  }

  /**
   * Queue an event. Answers false from the high-water mark on (the event is kept all the same), when
   * the peer's own limits forbid the event (which is reported), when the queue is full and the policy
   * drops it (reported too), and on a session that is over. What is emitted behind a goodbye, of
   * whichever side, is kept for `SessionEnd.lost` and `unsent`. `drain` follows every false, or the end
   * of the session. Throws at the caller what `MessageEncoder.event` throws.
   */
  emit(event: string, data: unknown): boolean {
    const answer = this.#outbox.emit(event, data);
    return typeof answer === "boolean" ? answer : this.#refused(answer);
  }

  /** Queue an event that was encoded once for several sessions. Answers as `emit`. */
  emitEncoded(encoded: EncodedMessage): boolean {
    const answer = this.#outbox.emitEncoded(encoded);
    return typeof answer === "boolean" ? answer : this.#refused(answer);
  }

  /** Queue an event in its own way. Answers and throws as `emit`, and `IPC_INVALID_OPTION`. */
  emitWith(event: string, data: unknown, options: EmitOptions, now: number): boolean {
    const answer = this.#outbox.emitWith(event, data, options, now);
    return typeof answer === "boolean" ? answer : this.#refused(answer);
  }

  /**
   * Ask the peer for a sign of life; the event `user-pong` brings back `time`. Answers false on a
   * session without a connection and with 1,024 such pings on their way. Throws `IPC_INVALID_OPTION`
   * if `time` is not a whole number of at least 1.
   */
  ping(time: number, now: number = this.#now): boolean {
    if (this.phase !== "open" || !(this.#pings ??= new UserPings()).add(time)) return false;
    this.#ping(time, now);
    return true;
  }

  /**
   * Wait until the peer's listeners have run for everything that was emitted before. `handleFlushed`
   * brings back `mark`. False on a session that is over, or whose peer acknowledges nothing.
   */
  flush(mark: object): boolean {
    if (!this.#outbox.takesEvents || !this.#agreement.acknowledges) return false;
    this.#outbox.flush(mark);
    return true;
  }

  /** End a wait that `flush` has begun: its mark does not come back. */
  withdrawFlush(mark: object): void {
    this.#outbox.withdrawFlush(mark);
  }

  /**
   * Server: welcome the client. If the client asked for it, the session is kept for `recovery.window`
   * milliseconds without a connection. Does nothing if the client has gone meanwhile. Throws `IPC_INVALID_OPTION`
   * for a label that is too long.
   */
  accept(welcome: Welcome, now: number): void {
    if (this.phase !== "accepting") return;
    const recovery = this.#agreement.acknowledges ? welcome.recovery : undefined;
    this.#outbox.writer.pushControl(encodeWelcome({ ...welcome, recovery }));
    this.#grant = recovery;
    this.#now = now;
    this.#liveness.heard(now);
    this.#open();
  }

  /**
   * Server: resume over the connection of a handshake whose hello has the secret of this session, which the caller
   * has compared. The client is given another secret for the next time. Answers false, and changes nothing, if what
   * the client has received does not fit what was sent, or if this session is not parked. Throws as `accept` does.
   */
  resume(
    handshake: Handshake,
    welcome: Omit<Welcome, "recovery">,
    { received, session }: Readmission,
  ): boolean {
    const grant = this.#grant;
    // Nothing may come before the welcome.
    if (grant === undefined || handshake.phase !== "done" || handshake.hasMore) return false;
    const ours = this.#acks.received;
    const recovery = { ...grant, session, resumed: true, received: ours };
    const line = encodeWelcome({ ...welcome, recovery });
    if (!this.#resume(handshake, received, ours)) return false;
    this.#outbox.writer.pushControl(line);
    this.#grant = { ...grant, session };
    return true;
  }

  /**
   * Client: resume over the connection of a handshake whose welcome says so. Answers false if the server's counts do
   * not fit what was sent, or it offers less than before: this session is lost then, and the handshake to be refused.
   */
  resumeWelcomed(handshake: Handshake, welcome: Welcome): boolean {
    const [grant, ours] = [welcome.recovery, handshake.hello?.recovery?.received];
    if (grant?.received === undefined || ours === undefined) return false;
    if (this.#resume(handshake, grant.received, ours)) {
      // The secret that was said is used up.
      this.#grant = grant;
      return true;
    }
    if (this.phase === "parked") this.#expire("The server has other counts of it.");
    return false;
  }

  /** Keep a parked session at least until an instant, at which a handshake has its answer; -Infinity to end that. */
  keepUntil(instant: number): void {
    this.#keptUntil = instant;
  }

  /**
   * End gracefully: what was emitted leaves first, then the bye. What the peer sends from now on is dropped, as is
   * what was not delivered yet.
   */
  close(bye: Bye, now: number): void {
    if (this.#isEnding) return;
    // Messages that were held for the next session leave now: there may not be another.
    if (this.phase === "open") this.#outbox.release();
    this.#close(bye, now);
  }

  /** Refuse the peer before its session is open, over an error whose code it is told. */
  refuse(error: ProtocolError, now: number): void {
    if (this.#isEnding) return;
    this.#now = now;
    this.#fail(error);
  }

  /** End a parked session that cannot go on. `received` is what the peer has received, if it is known. */
  lose(received?: number): void {
    if (this.phase !== "parked") return;
    if (received !== undefined) this.#outbox.confirm(received);
    this.#expire("The session could not go on over another connection.");
  }

  /** Client: end a parked session as the server has ended it, which has received so many messages. */
  endParked(end: SessionEnd, received: number): void {
    if (this.phase !== "parked") return;
    this.#outbox.confirm(received);
    this.#finish(end);
  }

  /** Server: ask the client to finish within so many milliseconds, and to come back. */
  askToLeave(within: number): void {
    if (this.phase !== "open" || !this.#agreement.acknowledges) return;
    this.#outbox.writer.pushControl(encodeLeave(within));
  }

  /**
   * Client: close when all that was sent is acknowledged and no call is open, at the latest after
   * `within` milliseconds. With `holds` nothing new is sent: what waits is for the next session.
   */
  leave(within: number, now: number, holds = true): void {
    if (this.phase !== "open") return;
    this.#leaveBy = now + within;
    if (holds) this.#outbox.hold("leaving");
  }

  /**
   * Send first what a former session could not send. False, and nothing is taken, on a session that
   * is not open. What the peer's limits forbid is dropped and reported.
   */
  carry({ batches }: Unsent): boolean {
    if (!this.#outbox.isOpen) return false;
    this.#outbox.carry(batches, (error) => this.#inbox.push(reportEvent, error));
    this.#outbox.expire(this.#now);
    return true;
  }

  /** Bytes have come from the connection. */
  handleBytes(chunk: Uint8Array, now: number): void {
    this.#now = now;
    this.#liveness.heard(now);
    const { phase } = this.#state;
    if (phase === "closed" || phase === "parked") return;
    this.#read(this.#connection, chunk);
    this.#acks.read(chunk.length, now);
  }

  /** The connection has passed on all it held and takes more. With `now` it counts as a sign of life. */
  handleDrain(now?: number): void {
    if (now !== undefined) {
      this.#now = now;
      this.#liveness.heard(now);
      this.#outbox.expire(now);
    }
    this.#outbox.writer.handleDrain();
  }

  /** The clock has reached `deadline`. `lag` is how late the caller's timer fired, for the error's text. */
  handleTimeout(now: number, lag = 0): void {
    const { flow } = this.#outbox;
    this.#outbox.expire(now);
    this.#acks.expire(now);
    // A timer for the next poll is never late: what else is due may be.
    const isAtPoll = flow.deadline === 0;
    const behind = isAtPoll ? Math.max(0, now - this.#owed) : lag;
    if (isAtPoll) flow.look(now);
    if (behind > toleratedLag) this.#excuse ??= new LagExcuse();
    if (this.#excuse?.excuses(now, behind) === true) {
      this.#now = now;
      return;
    }
    flow.look(now);
    this.calls.expire(now);
    if (now >= this.#leaveBy) this.#leave(now);
    this.#judge(now, behind);
  }

  /** The connection is gone, with or without an error. */
  handleDisconnect(error?: Error, now: number = this.#now): void {
    const { phase } = this.#state;
    if (phase === "parked") return;
    if (phase === "closing") {
      this.#finishClosing();
    } else if (phase !== "closed") {
      const end = endByLoss(phase === "open", this.#connection.end() ?? error);
      if (phase === "open" && this.#grant !== undefined) this.#park(end, this.#grant, now);
      else this.#finish(end);
    }
    this.#connection.dropKeys();
  }

  /** Hand everything queued to the connection, in writes of 256 KiB, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    const outbox = this.#outbox;
    const leaves = this.#state.phase === "open" && this.#leaveBy !== Infinity;
    if (leaves && this.#mayLeave) this.#leave(this.#now);
    const isOpen = this.phase === "open";
    const overfull = isOpen ? outbox.flow.judge(writer) : undefined;
    if (overfull !== undefined) this.#breakOff(overfull);
    if (!this.#connection.blocked) this.#acknowledge();
    outbox.writeOut(writer, this.#state.phase === "open" || !this.#owesAck);
    if (outbox.flushes) this.#tellFlushed();
    const drops = outbox.takeDrops();
    if (drops !== undefined) this.#inbox.push(reportEvent, drops);
    if (isOpen && outbox.flow.takeDrain()) this.#inbox.push("drain", undefined);
    if (!this.#connection.isProtected) return;
    if (this.phase === "closed") this.#connection.dropKeys();
    // While the peer works, what can be done of the next records is done.
    else if (this.#liveness.isBrisk) this.#connection.prepare();
  }

  /** Hand what has happened to the sink, in order. A call from within a sink's method does nothing. */
  deliver(sink: SessionSink): void {
    this.#outbox.flow.expectAnswers(this.#inbox.size, this.#connection.isProtected);
    const isOver = this.#inbox.deliver(sink);
    if (isOver) this.#remains = undefined;
    else if (this.#inbox.settled) this.#acks.confirm();
  }

  /** Report an event that was not accepted. */
  #refused(error: ProtocolError): false {
    this.#inbox.push(reportEvent, error);
    return false;
  }

  /** Read and write on the connection of a handshake from now on. */
  #attach({ agreement, connection, decoder }: Established): void {
    this.#connection = connection;
    this.#agreement = agreement;
    this.#pings = undefined;
    this.#reader.attach(decoder);
    connection.deliverTo(this.#reader);
    this.#outbox.writer.attach(connection);
    this.#outbox.apply(agreement.limits, agreement.acknowledges);
    this.#streams.setPeerLimit(agreement.streams);
    if (agreement.acknowledges) this.#acks.enable();
  }

  /** Read what came with the greeting. */
  #readHeld({ held }: Established): void {
    for (const chunk of held) {
      if (this.#isEnding) return;
      // It has come through the connection, records opened.
      this.#read(this.#reader, chunk);
      this.#acks.read(chunk.length, this.#now);
    }
  }

  /** Read a chunk. What the peer did wrong ends the session. */
  #read(source: Pick<Connection, "read">, chunk: Uint8Array): void {
    this.#receivedBytes += chunk.length;
    try {
      source.read(chunk);
    } catch (error) {
      this.#handleFailure(error);
    }
  }

  #resume(handshake: Handshake, theirs: number, ours: number): boolean {
    const { agreement } = handshake;
    if (this.phase !== "parked" || handshake.phase !== "done") return false;
    if (agreement === undefined) return false;
    if (!offersAsMuch(agreement, this.#agreement) || !this.#outbox.resume(theirs)) return false;
    const established = handshake.take();
    this.#now = established.now;
    this.#attach(established);
    this.#acks.resume(ours);
    this.#keptUntil = -Infinity;
    this.#recovered++;
    this.#liveness = new Liveness(
      this.#limits.heartbeatInterval,
      this.#limits.heartbeatTimeout,
      this.#now,
    );
    this.#move({ phase: "open" });
    this.#reader.accept("all");
    this.#inbox.notify({ type: "resumed" });
    this.#readHeld(established);
    return true;
  }

  /** Events go both ways from now on. */
  #open(): void {
    this.#move({ phase: "open" });
    this.#reader.accept("all");
    this.#inbox.open();
    this.#outbox.release();
    this.#outbox.flow.open();
  }

  /** Handle a control message. Answers false when the rest of the peer's bytes no longer matters. */
  #handleControl(control: Control, arrived: readonly InboundStream[] | undefined): boolean {
    checkPlace(control.type, this.phase);
    switch (control.type) {
      case "ping":
        this.#outbox.writer.pushControl(encodePong(control.time));
        this.#acks.want();
        return true;
      case "pong":
        this.#liveness.ponged();
        if (this.#pings?.answer(control.time) === true) {
          this.#inbox.push("user-pong", { time: control.time });
        }
        return true;
      case "reply":
        this.calls.handleReply(control.id, control.reply, arrived);
        return true;
      case "cancel":
        this.calls.handleCancel(control.id);
        return true;
      case "stream":
        this.#streams.handle(control);
        return true;
      case "ack":
        if (!this.#agreement.acknowledges || !this.#outbox.acknowledge(control.received)) {
          throw invalidMessage("an acknowledgement of what was not sent");
        }
        return true;
      case "leave":
        if (this.#isServer || !this.#agreement.acknowledges) {
          throw invalidMessage("a leave, which only a server with recovery sends");
        }
        this.#inbox.notify({ type: "leave", within: control.within });
        return true;
      case "bye":
        // Of two sides that say goodbye at once, neither learns what the other has received.
        if (this.phase === "closing") this.#heardBye = true;
        else this.#end(endByPeer(control.bye));
        return false;
    }
  }

  /** The peer has done something wrong. */
  #handleFailure(error: unknown): void {
    if (this.phase === "closing") {
      this.#finishClosing();
    } else if (this.phase === "open" && this.#grant !== undefined && isDamagedRecord(error)) {
      // The bytes were changed on their way: to the session that is no more than a cut.
      this.#connection.stop();
      this.#park({ reason: "peer-gone", error, byPeer: false }, this.#grant, this.#now);
    } else if (!this.#isEnding) {
      this.#fail(error);
    }
  }

  #ping(time: number, now: number): void {
    this.#liveness.pinged(now);
    this.#outbox.writer.pushControl(encodePing(time));
  }

  /** The instant at which something is due that the peer, another connection or this side's own end owes. */
  get #owed(): number {
    return Math.min(this.calls.deadline, this.#leaveBy, this.#stateDeadline);
  }

  get #stateDeadline(): number {
    const state = this.#state;
    switch (state.phase) {
      case "open":
        return this.#liveness.deadline;
      case "closing":
        return state.deadline;
      case "parked":
        return Math.max(state.deadline, this.#keptUntil);
      case "accepting":
      case "closed":
        return Infinity;
    }
  }

  /** Judge the peer's silence, or end what has waited long enough. */
  #judge(now: number, behind: number): void {
    this.#now = now;
    if (now < this.#stateDeadline) return;
    const late = this.#excuse?.take(behind) ?? behind;
    const state = this.#state;
    if (state.phase === "closing") {
      this.#finishClosing();
    } else if (state.phase === "parked") {
      this.#expire("No connection resumed the session in time.");
    } else if (this.#liveness.judge(now) === "ping") {
      this.#ping(0, now);
    } else {
      const silence = this.#liveness.silence(now);
      const error = timeoutError("IPC_HEARTBEAT_TIMEOUT", "a sign of life", silence, late);
      const end = { reason: "timed-out", error, byPeer: false } as const;
      // A silent peer is left without a word where the session can go on.
      if (this.#grant === undefined) this.#breakOff(error);
      else this.#park(end, this.#grant, now);
    }
  }

  /** The connection is gone; wait for another one. */
  #park(end: SessionEnd, { window }: RecoveryGrant, now: number): void {
    this.#leaveBy = Infinity;
    this.#move({ phase: "parked", end, deadline: now + window });
    this.#connection.stop();
    this.#connection.dropKeys();
    this.#outbox.detach();
    this.#inbox.notify({ type: "parked", end });
  }

  /** True if this side is to leave, and nothing is open: a call that was never sent is not. */
  get #mayLeave(): boolean {
    // A goodbye forgets what was not delivered: a write in the midst of delivery must not cause it.
    return (
      this.#outbox.settled && this.calls.pending === this.#outbox.heldCalls && this.#inbox.settled
    );
  }

  /** Leave now, as the server has asked. */
  #leave(now: number): void {
    this.#leaveBy = Infinity;
    if (this.#isEnding) return;
    this.#close({ reason: "server-closing", message: "The server asked to come back." }, now);
  }

  /** Say bye, and what is to be said before it. */
  #close(bye: Bye, now: number): void {
    const { reason, message } = bye;
    this.#now = now;
    const ack = this.phase === "open" ? this.#acks.takeLast() : undefined;
    if (ack !== undefined) this.#outbox.writer.pushControl(ack);
    this.#outbox.writer.pushBye(encodeBye(bye));
    this.#inbox.clear();
    this.#acks.forfeit();
    this.#end({ reason, message, byPeer: false });
  }

  /** Close over something the peer did, and tell it. */
  #fail(cause: unknown): void {
    const error = isError(cause) ? cause : new Error(String(cause));
    this.#outbox.writer.pushBye(encodeErrorBye(byeCode(error)));
    this.#end(endOver(error));
  }

  /** End at once: the peer does not read. The bye leaves if the connection takes it. */
  #breakOff(error: ProtocolError): void {
    this.#finish(endOver(error));
    this.#outbox.writer.pushBye(encodeErrorBye(error.code));
  }

  /** Take nothing more from the peer but what it acknowledges, and let what is queued leave. */
  #end(end: SessionEnd): void {
    if (this.#state.phase === "parked") {
      this.#finish(end);
      return;
    }
    const counts = this.#state.phase === "open" && this.#agreement.acknowledges;
    this.#move({ phase: "closing", end, deadline: this.#now + this.#limits.closeTimeout });
    // A peer that has said goodbye drops what still comes: that was not sent.
    this.#outbox.hold(counts && end.byPeer ? "nothing" : "ending");
    if (counts && !end.byPeer && end.error === undefined) this.#reader.accept("acks");
    else this.#connection.stop();
    // Messages that wait still leave, unless they were kept back or the peer takes nothing more: those calls
    // were not sent.
    this.calls.end(() => callIdsIn(this.#outbox.stranded()), blameFor(end));
    this.#streams.end(end.error, blameFor(end));
    this.#shut();
  }

  /** End what is closing. */
  #finishClosing(): void {
    if (this.#state.phase === "closing") this.#finish(this.#state.end);
  }

  /** End the parked session: no connection has resumed it. */
  #expire(text: string): void {
    const cause = this.#state.phase === "parked" ? this.#state.end.error : undefined;
    this.#finish(endByTime(cause, text));
  }

  /** End, and send nothing more. What the peer sent is still delivered, and what is emitted until then is kept. */
  #finish(end: SessionEnd): void {
    const [outbox, inbox] = [this.#outbox, this.#inbox];
    this.#move({ phase: "closed", end });
    this.#connection.stop();
    this.#tellFlushed();
    outbox.hold("nothing");
    this.calls.end(() => callIdsIn(outbox.stranded()), blameFor(end));
    this.#streams.end(end.error, blameFor(end));
    this.#shut();
    outbox.writer.clear();
    this.#tellUnflushed(end);
    inbox.end(() => this.#conclude(end));
  }

  /** The end, with what was not sent or not acknowledged; `undefined` if there is more to deliver before. */
  #conclude(end: SessionEnd): SessionEnd | undefined {
    const [outbox, inbox] = [this.#outbox, this.#inbox];
    outbox.flow.beLenient();
    this.#streams.end(end.error, blameFor(end));
    this.#tellUnflushed(end);
    const drops = outbox.takeDrops();
    if (drops !== undefined) inbox.push(reportEvent, drops);
    if (inbox.size > 0) return undefined;
    this.#acks.confirm();
    outbox.flow.end();
    const remains = outbox.remains();
    outbox.clear();
    this.#remains = remains;
    const { serialization } = this.#encoder;
    const lost = new Remnants(remains.unsent, remains.unconfirmed, serialization);
    return lost.empty ? end : { ...end, lost };
  }

  #tellFlushed(): void {
    for (const mark of this.#outbox.takeFlushed()) this.#inbox.notify({ type: "flushed", mark });
  }

  #tellUnflushed(end: SessionEnd): void {
    for (const mark of this.#outbox.takeUnflushed()) {
      this.#inbox.notify({ type: "flushed", mark, error: notFlushed(end) });
    }
  }

  #shut(): void {
    this.#outbox.shut();
    if (this.#inbox.isOpen) return;
    this.#inbox.clear();
    this.#acks.forfeit();
  }

  /** True if the peer has said goodbye and does not know yet of all that was delivered. */
  get #owesAck(): boolean {
    return this.#state.phase === "closing" && this.#state.end.byPeer && this.#acks.open;
  }

  /** True if this side has said goodbye and waits for the acknowledgement of all that it sent. */
  get #awaitsAck(): boolean {
    if (this.#state.phase !== "closing") return false;
    const { byPeer, error } = this.#state.end;
    if (byPeer || error !== undefined || this.#heardBye) return false;
    return this.#agreement.acknowledges && this.#outbox.unconfirmedBytes > 0;
  }

  /** Queue the acknowledgement that is due: of a session that goes on, or the last one. */
  #acknowledge(): void {
    const { writer } = this.#outbox;
    let ack: string | undefined;
    if (this.#state.phase === "open") ack = this.#acks.take(writer);
    else if (this.#owesAck && this.#inbox.settled) ack = this.#acks.takeLast();
    if (ack !== undefined) writer.pushControl(ack);
  }

  /** True in the phases `closing` and `closed`. */
  get #isEnding(): boolean {
    return this.#state.phase === "closing" || this.#state.phase === "closed";
  }

  #move(to: SessionState): void {
    this.#state = transition(this.#state, to);
  }
}

/** Tell whether a session that waits can go on under other terms: what waits there fits here. */
function offersAsMuch(now: Agreement, before: Agreement): boolean {
  return (
    now.acknowledges === before.acknowledges &&
    now.streams >= before.streams &&
    now.limits.message >= before.limits.message &&
    now.limits.attachments >= before.limits.attachments
  );
}
