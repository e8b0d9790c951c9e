import type { Socket } from "node:net";
import { systemError } from "./errors.ts";
import { freeChunk } from "./free-chunk.ts";
import { realTime } from "./real-time.ts";
import { type Connection, type ConnectionHandler, secondHandler } from "./transport.ts";

const connectionKey = Symbol("connection");

type OwnedSocket = Socket & { [connectionKey]: NetConnection };

/** A connection over a socket or pipe of node:net. */
export class NetConnection implements Connection {
  readonly address: string;
  readonly #socket: OwnedSocket;
  #handler: ConnectionHandler | undefined;
  #error: Error | undefined;
  #state: "fresh" | "live" | "closing" | "closed" = "fresh";
  #wantsDrain = false;
  /** The chunks written whose memory is ours, and not freed yet. */
  #given: Uint8Array[] | undefined;

  /** Takes over a paused socket. */
  constructor(socket: Socket, address: string) {
    this.address = address;
    this.#socket = Object.assign(socket, { [connectionKey]: this });
    socket.on("data", onData);
    socket.on("drain", onDrain);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get open(): boolean {
    return this.#socket.writable;
  }

  attach(handler: ConnectionHandler): void {
    if (this.#handler !== undefined) throw secondHandler(this.address);
    this.#handler = handler;
    if (this.#state === "closed") realTime.nextTick(() => handler.handleClose(this.#error));
    if (this.#state !== "fresh") return;
    this.#state = "live";
    this.#socket.resume();
    // Else the socket would begin to read a tick later, also if it is paused by then.
    this.#socket.read(0);
  }

  send(chunk: Uint8Array | string): boolean {
    if (!this.#socket.writable) return false;
    // Node counts a queued string by its UTF-16 length; bytes are counted as they are.
    const queued = typeof chunk === "string" && this.#socket.writableLength > 0;
    return this.#answer(this.#socket.write(queued ? Buffer.from(chunk) : chunk));
  }

  sendAll(chunks: readonly Uint8Array[], gives = false): boolean {
    if (!this.#socket.writable) return false;
    this.#socket.cork();
    let ready = true;
    for (const chunk of chunks) ready = this.#socket.write(chunk);
    this.#socket.uncork();
    const answer = this.#answer(ready);
    if (gives) this.#own(chunks, answer);
    return answer;
  }

  pause(): void {
    if (this.#state === "live") this.#socket.pause();
  }

  resume(): void {
    if (this.#state === "live") this.#socket.resume();
  }

  close(): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    this.#state = "closing";
    this.#socket.end();
    // The peer's last bytes are read and dropped: were they left unread, the system would tell the
    // peer of a reset, and the peer might lose what we sent.
    this.#socket.resume();
  }

  abort(error?: Error): void {
    if (this.#state === "closed") return;
    this.#state = "closing";
    this.#error ??= error;
    this.#socket.destroy();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /** Free what was given now, or when `drain` says that the system has taken it. */
  #own(chunks: readonly Uint8Array[], isThrough: boolean): void {
    if (this.#socket.writableLength === 0) chunks.forEach(freeChunk);
    // Below the mark there is no drain: the garbage collector has what the system takes later.
    else if (!isThrough) (this.#given ??= []).push(...chunks);
  }

  /** `ready` is what `write` answered; Node says false also for a large chunk the system took whole. */
  #answer(ready: boolean): boolean {
    if (ready || this.#socket.writableLength === 0) return true;
    this.#wantsDrain = true;
    return false;
  }

  /** Hand over what was read. The memory is the caller's again afterwards. */
  receive(chunk: Uint8Array): void {
    if (this.#state === "live") this.#handler?.handleChunk(chunk);
  }

  receiveDrain(): void {
    this.#given?.forEach(freeChunk);
    this.#given = undefined;
    if (!this.#wantsDrain || this.#state !== "live") return;
    this.#wantsDrain = false;
    this.#handler?.handleDrain();
  }

  receiveError(error: Error): void {
    this.#error ??= systemError("talk over", this.address, error);
  }

  receiveEnd(): void {
    this.#given = undefined;
    this.#state = "closed";
    this.#handler?.handleClose(this.#error);
  }
}

// Shared by all connections, which each socket knows.

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[connectionKey].receive(chunk);
  freeChunk(chunk);
}

function onDrain(this: OwnedSocket): void {
  this[connectionKey].receiveDrain();
}

function onError(this: OwnedSocket, error: Error): void {
  this[connectionKey].receiveError(error);
}

function onClose(this: OwnedSocket): void {
  this[connectionKey].receiveEnd();
}
