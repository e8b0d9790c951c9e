import { encodePing } from "../wire/control.ts";
import type { ByteWriter, Connection } from "../wire/connection.ts";
import { type Batch, type Content, joined } from "./batch.ts";
import type { SendQueue } from "./send-queue.ts";

/** Bytes handed over in one write: what a control message waits for at most. */
const burstBytes: number = 256 * 1024;

/** Bytes of streams handed over in one write. */
const streamBurstBytes: number = 128 * 1024;

/** Bytes that a line without a number takes beside its own while it waits: it is a string of its own until then. */
const lineOverhead = 64;

/** The source of chunks of streams: one at a time among events, more when nothing else waits. */
export interface ChunkSupply {
  /** True if there may be a message. */
  readonly hasChunk: boolean;
  /** The next message, if there is one. */
  takeChunk(): Batch | undefined;
}

/** The waits for acknowledgements that the writer serves. */
export interface FlushMarks {
  /** True if a flush waits. */
  readonly flushes: boolean;
  /** A mark is reached, behind so many messages. */
  reach(mark: object, sent: number): void;
}

/**
 * The part of the queue that leaves: all; what was queued when this side was asked to leave, or when it said
 * goodbye; nothing.
 */
export type Flow = "all" | "leaving" | "ending" | "nothing";

/**
 * Writes everything of a session to its connection: lines without a number first, then messages, while the peer
 * acknowledges, with them and behind them what streams have ready, and the bye at the end.
 */
export class Writer {
  readonly #queue: SendQueue;
  readonly #supply: ChunkSupply;
  readonly #marks: FlushMarks;
  readonly #maxUnconfirmedBytes: number;
  /** The present connection; `undefined` while there is none. */
  #connection: Connection | undefined;
  #flow: Flow = "all";
  /** True if messages are kept until the peer acknowledges them. */
  #keeps = false;
  #control = "";
  #controlLines = 0;
  #bye = "";
  /** Messages written when the peer was last asked to acknowledge them. */
  #askedAt = -1;
  #writtenBytes = 0;
  /** The last chunk of a stream that was queued, while it waits. */
  #chunk: Batch | undefined;

  constructor(
    queue: SendQueue,
    supply: ChunkSupply,
    marks: FlushMarks,
    maxUnconfirmedBytes: number,
  ) {
    this.#queue = queue;
    this.#supply = supply;
    this.#marks = marks;
    this.#maxUnconfirmedBytes = maxUnconfirmedBytes;
  }

  /** Write on this connection from now on. */
  attach(connection: Connection): void {
    this.#connection = connection;
  }

  /** Note whether the peer acknowledges messages. */
  setKeeps(keeps: boolean): void {
    this.#keeps = keeps;
  }

  /** The connection is gone, and with it all that concerned it alone. */
  detach(): void {
    this.#connection = undefined;
    this.#forgetControl();
    this.#askedAt = -1;
  }

  /** Let this part of the queue leave. */
  setFlow(flow: Flow): void {
    this.#flow = flow;
  }

  /** The part of the queue that leaves. */
  get flow(): Flow {
    return this.#flow;
  }

  /** Queue a line without a number, LF included. */
  pushControl(line: string): void {
    this.#control += line;
    this.#controlLines++;
  }

  /** Queue the bye, which goes after everything else. */
  pushBye(line: string): void {
    this.#bye += line;
  }

  /** Nothing follows what is queued. */
  shut(): void {
    this.#connection?.shut();
  }

  /** True while there is a connection. */
  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** True while there is a connection, and it takes what is written now. */
  get flows(): boolean {
    return this.#connection?.blocked === false && this.isOpen;
  }

  /** True while no more is unacknowledged than this side keeps. */
  get isOpen(): boolean {
    return this.#queue.unconfirmedBytes < this.#maxUnconfirmedBytes;
  }

  /** The number of times that the connection has passed everything on, after it wanted no more. */
  get drains(): number {
    return this.#connection?.drains ?? 0;
  }

  /** Bytes of control messages that the connection does not take, with what each takes beside its own. */
  get stuckControlBytes(): number {
    if (this.#connection?.blocked !== true) return 0;
    return this.#control.length + lineOverhead * this.#controlLines;
  }

  /** Bytes of control messages and the bye that wait. */
  get controlBytes(): number {
    return this.#control.length + this.#bye.length;
  }

  /** Bytes handed over that the operating system has not taken yet. */
  get unsentBytes(): number {
    return this.#connection?.unsentBytes ?? 0;
  }

  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** True if nothing waits to be handed to the connection. */
  get empty(): boolean {
    return this.#isThrough && this.#connection?.empty !== false;
  }

  /** True if all messages that are to be written over this connection were. */
  get isThrough(): boolean {
    return this.#flow === "nothing" || this.#queue.isThrough;
  }

  /**
   * Hand everything to the connection, in as few writes as hold it, unless it wants no more at
   * present. Unless `mayEnd`, something may still follow the bye.
   */
  writeOut(writer: ByteWriter, mayEnd: boolean): void {
    const connection = this.#connection;
    if (connection === undefined || connection.blocked) return;
    if (connection.isProtected) {
      if (connection.isOver) {
        this.#forgetControl();
        this.#bye = "";
        return;
      }
      // In plaintext the preface leaves with the welcome.
      connection.writeClear(writer);
    }
    while (!connection.blocked && !this.#isAtRest) {
      const content = this.#gather();
      if (content === "") break;
      connection.write(writer, content);
    }
    if (connection.empty) return;
    if (!connection.blocked) connection.writeClear(writer);
    if (mayEnd && !connection.blocked && this.#isThrough) connection.writeEnd(writer);
  }

  /** The connection has passed everything on. */
  handleDrain(): void {
    this.#connection?.handleDrain();
  }

  /** Forget what waits. */
  clear(): void {
    this.#connection?.clear();
    this.#forgetControl();
    this.#bye = "";
  }

  /** The content of one write. */
  #gather(): Content {
    let content: Content = this.#control;
    if (content !== "") this.#forgetControl();
    if (this.#flow !== "nothing") content = this.#gatherMessages(content);
    if (this.#bye !== "" && this.isThrough) {
      content = joined(content, this.#bye);
      this.#bye = "";
    } else if (this.#asks()) {
      content = joined(content, encodePing(0));
    }
    return content;
  }

  #gatherMessages(control: Content): Content {
    let content = control;
    let bytes = 0;
    // However many events wait, one chunk of a stream waits among them.
    if (this.#supply.hasChunk && this.#chunk === undefined && this.isOpen) this.#queueChunk();
    while (bytes < burstBytes && this.isOpen) {
      const batch = this.#queue.take(this.#keeps);
      if (batch === undefined) {
        if (bytes >= streamBurstBytes || !this.#queueChunk()) break;
        continue;
      }
      if (batch.mark !== undefined) {
        this.#marks.reach(batch.mark, this.#queue.sent);
        continue;
      }
      if (batch === this.#chunk) this.#chunk = undefined;
      for (const chunk of batch.chunks) content = joined(content, chunk);
      bytes += batch.size;
    }
    this.#writtenBytes += bytes;
    return content;
  }

  /** True, once, if the peer is to be asked for an acknowledgement: a flush waits for it, or nothing more may go. */
  #asks(): boolean {
    if (!this.#keeps || this.#flow === "nothing") return false;
    // Nothing follows a goodbye.
    if (this.#flow === "ending" && this.isThrough) return false;
    const awaited = this.#flow === "leaving" || (this.#marks.flushes && this.#queue.isThrough);
    if (!awaited && this.isOpen) return false;
    const { sent, unconfirmedBytes } = this.#queue;
    if (sent === this.#askedAt || unconfirmedBytes === 0) return false;
    this.#askedAt = sent;
    return true;
  }

  /** Queue what a stream has ready, behind all that waits. */
  #queueChunk(): boolean {
    if (this.#flow !== "all" || !this.#supply.hasChunk) return false;
    const batch = this.#supply.takeChunk();
    if (batch === undefined) return false;
    this.#queue.pushBatch(batch);
    this.#chunk = batch;
    return true;
  }

  /** True if nothing is to be written, nor asked of the peer. */
  get #isAtRest(): boolean {
    if (this.#flow !== "all" || this.#control !== "" || this.#bye !== "") return false;
    if (this.#marks.flushes) return false;
    return this.#queue.isThrough && !this.#supply.hasChunk && this.isOpen;
  }

  #forgetControl(): void {
    this.#control = "";
    this.#controlLines = 0;
  }

  get #isThrough(): boolean {
    return this.#control === "" && this.#bye === "" && this.isThrough;
  }
}
