import { Buffer } from "node:buffer";
import { ProtocolError } from "./error.ts";
import { EncodedEvent, type EventEncoder } from "./event-encoder.ts";
import { type DeclaredLimits, declaredFloor, type SessionLimits } from "./limits.ts";
import { type ByteWriter, Outbox } from "./outbox.ts";
import type { RecordWriter } from "./record-writer.ts";
import { slowConsumerError } from "./slow-consumer-error.ts";

/** Queued bytes that leave before the tick is over: one record, and a fraction of a socket's buffer. */
const ripeBytes: number = 64 * 1024;

/** The sending half of a session: what may be emitted, what waits, and whether the peer takes it. */
export class Outbound {
  readonly #limits: SessionLimits;
  readonly #encoder: EventEncoder;
  readonly #outbox = new Outbox();
  /** What goes out as it is, before everything else: prefaces and the handshake's records. */
  #clear: (string | Uint8Array)[] = [];
  #records: RecordWriter | undefined;
  /** Whether the peer of records is to be told, or was told, that nothing follows. */
  #end: "open" | "due" | "told" = "open";
  #peer: DeclaredLimits = declaredFloor;
  #isOpen = false;
  /** Lines of at most so many UTF-16 units need no counting; -1 while events may not go. */
  #freeLength = -1;
  /** True while the connection wants no more. */
  #blocked = false;
  /** Bytes the connection had not passed on when it was last asked. */
  #unsentBytes = 0;
  #drainWanted = false;
  #ripe = false;

  constructor(limits: SessionLimits, encoder: EventEncoder) {
    this.#limits = limits;
    this.#encoder = encoder;
  }

  /** Queue bytes of the opening, which are never encrypted. */
  pushClear(bytes: string | Uint8Array): void {
    this.#clear.push(bytes);
  }

  /** Seal everything but the opening's bytes from now on. */
  protect(records: RecordWriter): void {
    this.#records = records;
  }

  /** Note the limits that the peer declared. */
  heed(peer: DeclaredLimits): void {
    this.#peer = peer;
  }

  /** Let events go, within the limits that the peer declared. */
  open(): void {
    this.#isOpen = true;
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.#freeLength = Math.floor(this.#peer.message / 3);
  }

  /** Let no more events go; what is queued still leaves, and behind it the records' own end. */
  shut(): void {
    if (this.#records !== undefined && this.#end === "open") this.#end = "due";
    this.#isOpen = false;
    this.#freeLength = -1;
  }

  /** True while events may go. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes accepted that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#outbox.bytes + this.#unsentBytes;
  }

  /** True if nothing waits to be handed to the connection. */
  get empty(): boolean {
    return this.#outbox.bytes === 0 && this.#clear.length === 0 && this.#end !== "due";
  }

  /** True if a `writeOut` is worth its while before the tick is over, so that the peer need not wait for all of it. */
  get ripe(): boolean {
    return this.#ripe;
  }

  /** The error of a peer that has left more unread than the bound allows. */
  get overfull(): ProtocolError | undefined {
    const { maxQueuedBytes } = this.#limits;
    return this.#blocked && this.#outbox.bytes >= maxQueuedBytes
      ? slowConsumerError(this.queuedBytes, maxQueuedBytes)
      : undefined;
  }

  /**
   * Queue an event: true, or false from the high-water mark on and while events may not go. What
   * the peer's limits forbid answers the error that says so. Throws what `EventEncoder.line` throws.
   */
  emit(event: string, data: unknown): boolean | ProtocolError {
    return this.push(this.#encoder.line(event, data), this.#encoder.attachments);
  }

  /** Queue an encoded message, LF included, with its attachments. Answers as `emit`. */
  push(line: string, attachments: readonly Buffer[]): boolean | ProtocolError {
    if (line.length > this.#freeLength || attachments.length > 0) {
      return this.emitEncoded(new EncodedEvent(line, attachments));
    }
    this.#outbox.pushLine(line);
    return this.#belowHighWaterMark();
  }

  /** Queue an event that was encoded before. Answers as `emit`. */
  emitEncoded(event: EncodedEvent): boolean | ProtocolError {
    if (!this.#isOpen) return false;
    const error = forbiddenBy(this.#peer, event);
    if (error !== undefined) {
      this.#drainWanted = true;
      return error;
    }
    this.#outbox.pushShared(event);
    return this.#belowHighWaterMark();
  }

  /** Tell whether the peer's limits allow a message. */
  takes(event: EncodedEvent): boolean {
    return forbiddenBy(this.#peer, event) === undefined;
  }

  /** Queue a control message, LF included, whether or not events may go. */
  pushControl(line: string): void {
    this.#outbox.pushLine(line);
  }

  /** Hand everything to the connection in one write, unless it wants no more at present. */
  writeOut(writer: ByteWriter): void {
    this.#ripe = false;
    if (this.#blocked || this.empty) return;
    let free = this.#clear.length === 0 || this.#writeClear(writer);
    const target = this.#records?.onto(writer) ?? writer;
    if (this.#outbox.bytes > 0) free = this.#outbox.writeOut(target);
    if (this.#end === "due") {
      this.#end = "told";
      free = this.#records?.end() ?? free;
    }
    this.#blocked = !free;
    this.#unsentBytes = free ? 0 : writer.bufferedBytes;
  }

  #writeClear(writer: ByteWriter): boolean {
    const chunks = this.#clear.map((bytes) =>
      typeof bytes === "string" ? Buffer.from(bytes) : bytes,
    );
    this.#clear = [];
    return writer.sendAll(chunks);
  }

  /** The connection has passed everything on. */
  handleDrain(): void {
    this.#blocked = false;
    this.#unsentBytes = 0;
  }

  /** True once after an open session's `emit` has answered false and everything has left since. */
  takeDrain(): boolean {
    if (!this.#drainWanted || this.#blocked || this.#outbox.bytes > 0) return false;
    this.#drainWanted = false;
    return true;
  }

  /** Forget what waits. */
  clear(): void {
    this.#clear = [];
    this.#outbox.clear();
  }

  /** Forget the traffic key, and what waits to be sealed with it. */
  dropKeys(): void {
    if (this.#records === undefined) return;
    this.#end = "told";
    this.#outbox.clear();
    this.#records.drop();
  }

  #belowHighWaterMark(): boolean {
    const { bytes } = this.#outbox;
    this.#ripe = bytes >= ripeBytes && !this.#blocked;
    if (bytes + this.#unsentBytes < this.#limits.highWaterMark) return true;
    this.#drainWanted = true;
    return false;
  }
}

function forbiddenBy(peer: DeclaredLimits, event: EncodedEvent): ProtocolError | undefined {
  if (event.size > peer.message) return tooLargeForPeer(event.size, peer.message);
  const count = event.attachments.length;
  return count > peer.attachments ? tooManyForPeer(count, peer.attachments) : undefined;
}

function tooLargeForPeer(size: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_MESSAGE_TOO_LARGE",
    "caller",
    `The message takes ${size} bytes and the peer accepts ${limit}: it was not sent.`,
    { context: { size, limit } },
  );
}

function tooManyForPeer(attachments: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_ATTACHMENTS",
    "caller",
    `The message has ${attachments} binary values and the peer accepts ${limit}: it was not sent.`,
    { context: { attachments, limit } },
  );
}
