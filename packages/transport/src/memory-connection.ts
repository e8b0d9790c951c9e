import { systemError } from "./errors.ts";
import type { MemoryPipe, PipeReader } from "./memory-pipe.ts";
import { realTime } from "./real-time.ts";
import {
  type Connection,
  type ConnectionHandler,
  HIGH_WATER_MARK,
  secondHandler,
} from "./transport.ts";

/** One end of a connection inside this process, over two pipes. */
export class MemoryConnection implements Connection, PipeReader {
  readonly address: string;
  readonly #inbound: MemoryPipe;
  readonly #outbound: MemoryPipe;
  #handler: ConnectionHandler | undefined;
  #error: Error | undefined;
  #state: "fresh" | "live" | "closing" | "closed" = "fresh";
  #wantsDrain = false;

  constructor(address: string, inbound: MemoryPipe, outbound: MemoryPipe) {
    this.address = address;
    this.#inbound = inbound;
    this.#outbound = outbound;
  }

  get bufferedBytes(): number {
    return this.#outbound.bytes;
  }

  get open(): boolean {
    return this.#state === "fresh" || this.#state === "live";
  }

  attach(handler: ConnectionHandler): void {
    if (this.#handler !== undefined) throw secondHandler(this.address);
    this.#handler = handler;
    if (this.#state === "closed") realTime.nextTick(() => handler.handleClose(this.#error));
    if (this.#state !== "fresh") return;
    this.#state = "live";
    this.#inbound.flow(true);
  }

  send(chunk: Uint8Array | string): boolean {
    return this.sendAll([typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    if (!this.open) return false;
    for (const chunk of chunks) this.#outbound.write(chunk);
    this.#wantsDrain = this.#outbound.bytes >= HIGH_WATER_MARK;
    return !this.#wantsDrain;
  }

  pause(): void {
    if (this.#state === "live") this.#inbound.flow(false);
  }

  resume(): void {
    if (this.#state === "live") this.#inbound.flow(true);
  }

  close(): void {
    if (!this.open) return;
    this.#state = "closing";
    this.#outbound.end();
    this.#inbound.flow(true);
  }

  abort(error?: Error): void {
    if (this.#state === "closed") return;
    this.#state = "closing";
    // As a socket does: the peer learns of a reset if we leave bytes of it unread.
    this.#outbound.break(this.#inbound.bytes > 0 ? resetError(this.address) : undefined);
    this.#inbound.shut(error);
  }

  ref(): void {}

  unref(): void {}

  receive(chunk: Uint8Array): void {
    if (this.#state === "live") this.#handler?.handleChunk(chunk);
  }

  receiveEnd(error: Error | undefined): void {
    this.#state = "closed";
    this.#error = error;
    this.#outbound.end();
    this.#handler?.handleClose(error);
  }

  /** The peer has taken everything that was sent. */
  handleEmpty(): void {
    if (!this.#wantsDrain || this.#state !== "live") return;
    this.#wantsDrain = false;
    this.#handler?.handleDrain();
  }
}

/** The `ECONNRESET` that a socket would report. */
export function resetError(address: string): Error {
  const cause = Object.assign(new Error("ECONNRESET"), { code: "ECONNRESET" });
  return systemError("talk over", address, cause);
}
