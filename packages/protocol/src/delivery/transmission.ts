import { encodePing } from "../control.ts";
import { type Batch, type Chunk, sizeOf } from "./batch.ts";
import type { ByteWriter, ConnectionWriter } from "./connection-writer.ts";
import type { Flushes } from "./flushes.ts";
import type { Passage } from "./lane.ts";
import type { Outgoing } from "./outgoing.ts";

/** Bytes handed over in one write: what a control message or another lane waits for at most. */
const burstBytes: number = 256 * 1024;

/** Bytes of streams handed over in one write. */
const streamBurstBytes: number = 128 * 1024;

/** Who has chunks of streams to send: one at a time among events, more when nothing else waits. */
export interface ChunkSupply {
  /** True if there may be a message. */
  readonly hasChunk: boolean;
  /** The next message, if there is one. */
  takeChunk(): Batch | undefined;
}

/** What `Passage.out` is between two writes. */
const nothing: Chunk[] = [];

/** What the opening of a connection has settled for those who write on it. */
export interface WritingTerms {
  /** Bytes of one message that the peer takes. */
  readonly message: number;
  /** Messages are counted and acknowledged. */
  readonly acknowledges: boolean;
  /** Large messages and lanes other than 0 go in fragments. */
  readonly fragments: boolean;
}

/**
 * What leaves, and when: lines without a number first, then the lanes in turn while the peer
 * acknowledges, with them and behind them what streams have ready, the last words at the end.
 */
export class Transmission {
  readonly #outgoing: Outgoing;
  readonly #flushes: Flushes;
  readonly #maxUnconfirmedBytes: number;
  readonly #supply: ChunkSupply;
  /** The present connection; `undefined` while there is none. */
  #connection: ConnectionWriter | undefined;
  readonly #passage: Passage = {
    fragments: false,
    keeps: false,
    numbers: true,
    room: 0,
    out: nothing,
  };
  #control = "";
  #farewell = "";
  /** What goes of the lanes: all, what has a number already, or nothing. */
  #flow: "all" | "numbered" | "nothing" = "all";
  /** Messages written when the peer was last asked to acknowledge them. */
  #askedAt = -1;
  #writtenBytes = 0;
  /** The last chunk of a stream that was queued. */
  #chunk: Batch | undefined;

  constructor(
    outgoing: Outgoing,
    flushes: Flushes,
    maxUnconfirmedBytes: number,
    connection: ConnectionWriter,
    supply: ChunkSupply,
  ) {
    this.#outgoing = outgoing;
    this.#flushes = flushes;
    this.#maxUnconfirmedBytes = maxUnconfirmedBytes;
    this.#connection = connection;
    this.#supply = supply;
  }

  /** Note what the opening has settled. */
  heed({ message, acknowledges, fragments }: WritingTerms): void {
    this.#passage.fragments = fragments;
    this.#passage.keeps = acknowledges;
    // What a reader holds of unfinished messages: two of the largest.
    this.#passage.room = 2 * message;
  }

  /** Write on this connection from now on. */
  attach(connection: ConnectionWriter): void {
    this.#connection = connection;
  }

  /** The connection is gone, and with it all that concerned it alone. */
  detach(): void {
    this.#connection = undefined;
    this.#control = "";
    this.#askedAt = -1;
    this.#setFlow("all");
  }

  /** Queue a line without a number, LF included. */
  pushControl(line: string): void {
    this.#control += line;
  }

  /** Set the last words, which go after everything else. */
  pushFarewell(line: string): void {
    this.#farewell += line;
  }

  /** Number nothing more: what waits is for the next session. */
  hold(): void {
    this.#setFlow("numbered");
  }

  /** Let what was held go after all. */
  release(): void {
    this.#setFlow("all");
  }

  /** Write no more messages: the peer does not take any. */
  silence(): void {
    this.#setFlow("nothing");
  }

  /** Nothing follows what is queued. */
  shut(): void {
    this.#connection?.shut();
  }

  /** True while there is a connection, and it takes what is written now. */
  get ready(): boolean {
    return this.#connection?.blocked === false && this.#windowOpen();
  }

  /** True if there is a connection whose peer reads or acknowledges nothing at present. */
  get stuck(): boolean {
    return this.#connection !== undefined && !this.ready;
  }

  /** Bytes of control messages that the connection does not take. */
  get stuckControlBytes(): number {
    return this.#connection?.blocked === true ? this.#control.length : 0;
  }

  /** Bytes handed over that the operating system has not taken yet. */
  get unsentBytes(): number {
    return this.#connection?.unsentBytes ?? 0;
  }

  /** Bytes accepted beside messages, and bytes handed over, that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#control.length + this.#farewell.length + this.unsentBytes;
  }

  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** True if lanes other than 0 can be told apart. */
  get hasLanes(): boolean {
    return this.#passage.fragments;
  }

  /** True if nothing waits to be handed to the connection. */
  get empty(): boolean {
    return this.#isThrough() && this.#connection?.empty !== false;
  }

  /**
   * Hand everything to the connection, in as few writes as hold it, unless it wants no more at
   * present. Unless `mayEnd`, something may still follow the last words.
   */
  writeOut(writer: ByteWriter, mayEnd: boolean): void {
    const connection = this.#connection;
    if (connection === undefined || connection.blocked) return;
    if (connection.isOver) {
      this.#control = "";
      this.#farewell = "";
      return;
    }
    connection.writeClear(writer);
    while (!connection.blocked) {
      const out = this.#gather();
      if (out.length === 0) break;
      connection.write(writer, out);
    }
    if (mayEnd && !connection.blocked && this.#isThrough()) connection.writeEnd(writer);
  }

  /** The connection has passed everything on. */
  handleDrain(): void {
    this.#connection?.handleDrain();
  }

  /** Forget what waits. */
  clear(): void {
    this.#connection?.clear();
    this.#control = "";
    this.#farewell = "";
  }

  /** The chunks of one write. */
  #gather(): Chunk[] {
    if (this.#isAtRest()) return nothing;
    const out: Chunk[] = [];
    if (this.#control !== "") out.push(this.#control);
    this.#control = "";
    this.#gatherMessages(out);
    if (this.#farewell !== "" && this.#hasWritten()) {
      out.push(this.#farewell);
      this.#farewell = "";
    } else if (this.#asks()) {
      out.push(encodePing(0));
    }
    return out;
  }

  /** True if nothing is to be written, nor asked of the peer. */
  #isAtRest(): boolean {
    const hasWords = this.#control !== "" || this.#farewell !== "";
    if (hasWords || this.#flow !== "all" || this.#flushes.any) return false;
    return this.#outgoing.idle && !this.#supply.hasChunk && this.#windowOpen();
  }

  #gatherMessages(out: Chunk[]): void {
    if (this.#flow === "nothing") return;
    this.#passage.out = out;
    let bytes = 0;
    // However many events wait, one chunk of a stream waits among them.
    if (this.#windowOpen() && !this.#chunkWaits()) this.#queueChunk();
    while (bytes < burstBytes && this.#windowOpen()) {
      const before = out.length;
      const taken = this.#outgoing.take(this.#passage, this.#flushes);
      if (!taken && (bytes >= streamBurstBytes || !this.#queueChunk())) break;
      for (let index = before; index < out.length; index++) bytes += sizeOf(out[index] ?? "");
    }
    this.#passage.out = nothing;
    this.#writtenBytes += bytes;
  }

  #chunkWaits(): boolean {
    return this.#chunk !== undefined && this.#outgoing.first.queue.holds(this.#chunk);
  }

  /** Queue what a stream has ready, behind all that waits on its lane. */
  #queueChunk(): boolean {
    if (!this.#passage.numbers || !this.#supply.hasChunk) return false;
    const batch = this.#supply.takeChunk();
    if (batch === undefined) return false;
    this.#outgoing.first.queue.pushOwn(batch);
    this.#chunk = batch;
    return true;
  }

  /** True if the peer is to be asked for an acknowledgement: someone waits for it, or nothing more may go. */
  #asks(): boolean {
    if (!this.#passage.keeps || this.#flow === "nothing") return false;
    const awaited = this.#flow === "numbered" || (this.#flushes.any && this.#outgoing.idle);
    if (!awaited && this.#windowOpen()) return false;
    const { sent } = this.#outgoing;
    if (sent === this.#askedAt || this.#outgoing.unconfirmedBytes === 0) return false;
    this.#askedAt = sent;
    return true;
  }

  /** True if all messages that are to be written over this connection were. */
  #hasWritten(): boolean {
    if (this.#flow === "nothing") return true;
    return this.#flow === "numbered" ? !this.#outgoing.isMidway : this.#outgoing.idle;
  }

  #isThrough(): boolean {
    return this.#control === "" && this.#farewell === "" && this.#hasWritten();
  }

  #windowOpen(): boolean {
    return this.#outgoing.unconfirmedBytes < this.#maxUnconfirmedBytes;
  }

  #setFlow(flow: "all" | "numbered" | "nothing"): void {
    this.#flow = flow;
    this.#passage.numbers = flow === "all";
  }
}
