import { type Batch, type Chunk, sizeOf } from "./batch.ts";
import type { Flushes } from "./flushes.ts";
import type { Passage } from "./lane.ts";
import type { Outgoing } from "./outgoing.ts";

/** Bytes handed over in one write: what a control message or another lane waits for at most. */
const burstBytes: number = 256 * 1024;

/** Bytes of streams handed over in one write. */
const streamBurstBytes: number = 128 * 1024;

/** The source of chunks of streams: one at a time among events, more when nothing else waits. */
export interface ChunkSupply {
  /** True if there may be a message. */
  readonly hasChunk: boolean;
  /** The next message, if there is one. */
  takeChunk(): Batch | undefined;
}

/** The value of `Passage.out` between two writes. */
const nothing: Chunk[] = [];

/** The terms on which messages are written on a connection, as its opening has settled them. */
export interface WritingTerms {
  /** Bytes of one message that the peer takes. */
  readonly message: number;
  /** Messages are counted and acknowledged. */
  readonly acknowledges: boolean;
  /** Large messages and lanes other than 0 go in fragments. */
  readonly fragments: boolean;
}

/**
 * Chooses the messages that leave with each write: the lanes in turn while the peer acknowledges, with
 * them and behind them what streams have ready.
 */
export class SendSchedule {
  readonly #outgoing: Outgoing;
  readonly #flushes: Flushes;
  readonly #supply: ChunkSupply;
  readonly #maxUnconfirmedBytes: number;
  readonly #passage: Passage = {
    fragments: false,
    keeps: false,
    room: 0,
    out: nothing,
  };
  /**
   * The part of the lanes that leaves: all; what was queued when this side was asked to leave, or when it said
   * goodbye; nothing.
   */
  #flow: "all" | "leaving" | "ending" | "nothing" = "all";
  /** Messages written when the peer was last asked to acknowledge them. */
  #askedAt = -1;
  #writtenBytes = 0;
  /** The last chunk of a stream that was queued. */
  #chunk: Batch | undefined;

  constructor(
    outgoing: Outgoing,
    flushes: Flushes,
    supply: ChunkSupply,
    maxUnconfirmedBytes: number,
  ) {
    this.#outgoing = outgoing;
    this.#flushes = flushes;
    this.#supply = supply;
    this.#maxUnconfirmedBytes = maxUnconfirmedBytes;
  }

  /** Note what the opening has settled. */
  apply({ message, acknowledges, fragments }: WritingTerms): void {
    this.#passage.fragments = fragments;
    this.#passage.keeps = acknowledges;
    // A reader holds unfinished messages up to the size of two of the largest.
    this.#passage.room = 2 * message;
  }

  /** The connection is gone, and with it what was held back or asked on it. */
  restart(): void {
    this.#askedAt = -1;
    this.release();
  }

  /** Keep new events and calls back for the next session. */
  hold(): void {
    this.#flow = "leaving";
    this.#outgoing.hold();
  }

  /** Goodbye is said behind what waits now: keep back what is queued from now on. */
  end(): void {
    this.#flow = "ending";
    this.#outgoing.hold();
  }

  /** Let what was kept back leave after all. */
  release(): void {
    this.#flow = "all";
    this.#outgoing.release();
  }

  /** Write no more messages: the peer does not take any. */
  silence(): void {
    this.#flow = "nothing";
    this.#outgoing.hold();
  }

  /** True while new events and calls do not leave. */
  get holds(): boolean {
    return this.#flow !== "all";
  }

  /** The messages that wait and will not be written over this connection. */
  stranded(): readonly Batch[] {
    if (this.#flow === "all") return [];
    return this.#flow === "nothing" ? this.#outgoing.unwritten() : this.#outgoing.kept();
  }

  /** Bytes of messages written, repetitions included; of text its UTF-16 units. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** True if lanes other than 0 can be told apart. */
  get hasLanes(): boolean {
    return this.#passage.fragments;
  }

  /** True while no more is unacknowledged than this side keeps. */
  get isOpen(): boolean {
    return this.#outgoing.unconfirmedBytes < this.#maxUnconfirmedBytes;
  }

  /** True if nothing is to be written, nor asked of the peer. */
  get atRest(): boolean {
    if (this.#flow !== "all" || this.#flushes.any) return false;
    return this.#outgoing.idle && !this.#supply.hasChunk && this.isOpen;
  }

  /** True if all messages that are to be written over this connection were. */
  get isThrough(): boolean {
    return this.#flow === "nothing" || this.#outgoing.isThrough;
  }

  /** Add the messages of one write. */
  gather(out: Chunk[]): void {
    if (this.#flow === "nothing") return;
    this.#passage.out = out;
    let bytes = 0;
    // However many events wait, one chunk of a stream waits among them.
    if (this.isOpen && !this.#chunkWaits()) this.#queueChunk();
    while (bytes < burstBytes && this.isOpen) {
      const before = out.length;
      const taken = this.#outgoing.take(this.#passage, this.#flushes);
      if (!taken && (bytes >= streamBurstBytes || !this.#queueChunk())) break;
      for (let index = before; index < out.length; index++) bytes += sizeOf(out[index] ?? "");
    }
    this.#passage.out = nothing;
    this.#writtenBytes += bytes;
  }

  /** True, once, if the peer is to be asked for an acknowledgement: a flush waits for it, or nothing more may go. */
  asks(): boolean {
    if (!this.#passage.keeps || this.#flow === "nothing") return false;
    // Nothing follows a goodbye.
    if (this.#flow === "ending" && this.isThrough) return false;
    const awaited = this.#flow === "leaving" || (this.#flushes.any && this.#outgoing.isThrough);
    if (!awaited && this.isOpen) return false;
    const { sent } = this.#outgoing;
    if (sent === this.#askedAt || this.#outgoing.unconfirmedBytes === 0) return false;
    this.#askedAt = sent;
    return true;
  }

  #chunkWaits(): boolean {
    return this.#chunk !== undefined && this.#outgoing.first.queue.holds(this.#chunk);
  }

  /** Queue what a stream has ready, behind all that waits on its lane. */
  #queueChunk(): boolean {
    if (this.holds || !this.#supply.hasChunk) return false;
    const batch = this.#supply.takeChunk();
    if (batch === undefined) return false;
    this.#outgoing.first.queue.pushOwn(batch);
    this.#chunk = batch;
    return true;
  }
}
