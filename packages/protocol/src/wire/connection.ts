import { Buffer } from "node:buffer";
import type { RecordSealer } from "@ipc/crypto";
import { isError } from "../realms.ts";
import { type Chunk, type Content, joined } from "../outbox/batch.ts";
import type { Protection } from "./opening.ts";
import type { ByteReader, RecordReader } from "./record-reader.ts";

/** The target of a session's bytes; a connection of a transport fits. */
export interface ByteWriter {
  send(chunk: Uint8Array | string): boolean;
  /** With `gives` the memory of the chunks is the connection's from now on. */
  sendAll(chunks: readonly Uint8Array[], gives?: boolean): boolean;
  /** Bytes taken that the operating system has not. */
  readonly bufferedBytes: number;
}

/** Takes what comes when nothing more is read. */
const ignoring: ByteReader = { read: () => undefined, stop: () => undefined };

/**
 * One connection as a session sees it, both ways: whether it takes more, how its bytes are protected, and where
 * those of the peer go.
 */
export class Connection {
  /** The bytes that go out as they are, before everything else: prefaces and the records of the handshake. */
  #clear: Content = "";
  #records: RecordWriter | undefined;
  /** The state of the records' end: `due` if the peer is to be told that nothing follows. */
  #end: "open" | "due" | "told" = "open";
  /** True while the connection wants no more. */
  blocked = false;
  /** Bytes the connection had not passed on when it was last asked. */
  unsentBytes = 0;
  /** The number of times that the connection has passed everything on, after it wanted no more. */
  drains = 0;
  /** The reader of the peer's messages. */
  #target: ByteReader = ignoring;
  /** Opens the peer's records on the way. */
  #opener: RecordReader | undefined;

  /** True if nothing of the connection's own waits. */
  get empty(): boolean {
    return this.#clear === "" && this.#end !== "due";
  }

  /** True if what is written is sealed. */
  get isProtected(): boolean {
    return this.#records !== undefined;
  }

  /** True if nothing more can be sealed. */
  get isOver(): boolean {
    return this.#end === "told";
  }

  /** Let the peer's messages go here from now on, from within `read` too. */
  deliverTo(target: ByteReader): void {
    this.#target = target;
  }

  /** Take one chunk of the peer's. Throws the error that ends the session. */
  read(chunk: Uint8Array): void {
    (this.#opener ?? this.#target).read(chunk);
  }

  /** The peer's bytes are over: the error of records that ended before their end was told. */
  end(): Error | undefined {
    try {
      this.#opener?.end();
      return undefined;
    } catch (error) {
      return isError(error) ? error : undefined;
    }
  }

  /** Take nothing more of the peer's, and forget what is held. */
  stop(): void {
    this.#target.stop();
    this.#target = ignoring;
    this.#opener?.stop();
  }

  /** Seal and open everything but the opening's bytes from now on. */
  protect(protection: Protection): void {
    this.#records = new RecordWriter(protection.sealer);
    this.#opener = protection.openFor({
      read: (content) => this.#target.read(content),
      stop: () => undefined,
    });
  }

  /** Do in advance what can be done of the next records. */
  prepare(): void {
    this.#records?.prepare();
    this.#opener?.prepare();
  }

  /** Queue bytes of the opening, which are never encrypted. */
  pushClear(bytes: Chunk): void {
    this.#clear = joined(this.#clear, bytes);
  }

  /** Nothing follows what is queued: the peer of records is told so. */
  shut(): void {
    if (this.#records !== undefined && this.#end === "open") this.#end = "due";
  }

  /** Hand the opening's bytes over. */
  writeClear(writer: ByteWriter): void {
    const clear = this.#clear;
    if (clear === "") return;
    this.#clear = "";
    const isOne = !Array.isArray(clear);
    this.#note(isOne ? writer.send(clear) : writer.sendAll(clear.map(asBytes)), writer);
  }

  /** Hand content over in one write, in plaintext with the opening's bytes before it. */
  write(writer: ByteWriter, content: Content): void {
    let all = content;
    if (this.#clear !== "" && this.#records === undefined) {
      all = joined(this.#clear, content);
      this.#clear = "";
    }
    const target = this.#records?.onto(writer) ?? writer;
    this.#note(Array.isArray(all) ? target.sendAll(all.map(asBytes)) : target.send(all), writer);
  }

  /** Hand the records' own end over, if it is due. */
  writeEnd(writer: ByteWriter): void {
    if (this.#end !== "due" || this.#records === undefined) return;
    this.#end = "told";
    this.#note(this.#records.onto(writer).end(), writer);
  }

  /** The connection has passed everything on. */
  handleDrain(): void {
    this.blocked = false;
    this.drains++;
    this.unsentBytes = 0;
  }

  /** Forget what waits. */
  clear(): void {
    this.#clear = "";
  }

  /** Forget the traffic keys of this side. */
  dropKeys(): void {
    if (this.#records === undefined) return;
    this.#end = "told";
    this.#records.drop();
  }

  #note(free: boolean, writer: ByteWriter): void {
    this.blocked = !free;
    this.unsentBytes = free ? 0 : writer.bufferedBytes;
  }
}

function asBytes(chunk: Chunk): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

/** Seals a session's bytes into records on their way to the connection. */
export class RecordWriter implements ByteWriter {
  readonly #sealer: RecordSealer;
  #target: ByteWriter | undefined;

  constructor(sealer: RecordSealer) {
    this.#sealer = sealer;
  }

  get bufferedBytes(): number {
    return this.#target?.bufferedBytes ?? 0;
  }

  /** The same writer, in front of this target. */
  onto(target: ByteWriter): this {
    this.#target = target;
    return this;
  }

  send(chunk: Uint8Array | string): boolean {
    return this.#write(this.#sealer.seal([chunk]));
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    return this.#write(this.#sealer.seal(chunks));
  }

  /** Do in advance what can be done of the next record. */
  prepare(): void {
    this.#sealer.prepare();
  }

  /** Say that nothing follows; the keys are gone afterwards. */
  end(): boolean {
    return this.#write([this.#sealer.close()]);
  }

  /** Forget the keys without a word. */
  drop(): void {
    this.#sealer.drop();
  }

  #write(records: readonly Uint8Array[]): boolean {
    const target = this.#target;
    if (target === undefined) return false;
    const only = records.length === 1 ? records[0] : undefined;
    return only === undefined ? target.sendAll(records, true) : target.send(only);
  }
}
