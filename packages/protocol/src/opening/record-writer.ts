import type { RecordSealer } from "@ipc/crypto";
import type { ByteWriter } from "../delivery/connection-writer.ts";

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
