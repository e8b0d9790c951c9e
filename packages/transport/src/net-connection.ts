import { Buffer } from "node:buffer";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { systemError } from "./errors.ts";
import { realTime } from "./real-time.ts";
import {
  type Connection,
  type ConnectionHandler,
  HIGH_WATER_MARK,
  secondHandler,
} from "./transport.ts";

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

/** Bytes below which memory is left to the garbage collector, as it costs no more. */
const freedFromBytes = 1024;

/** Memory as newer engines have it. */
interface Movable {
  readonly byteLength: number;
  transfer?(length: number): unknown;
}

/**
 * Give the memory of a chunk back that is no longer read, if it is the chunk's alone.
 *
 * Left to the garbage collector, the chunks of a fast connection make it run again and again, since
 * it counts their bytes: for large data that costs more than all the rest. Moving them to an empty
 * buffer frees them at once. Node.js 20 cannot do that.
 */
export function freeChunk(chunk: Uint8Array): void {
  if (chunk.byteLength < freedFromBytes) return;
  const { buffer } = chunk;
  if (buffer.byteLength !== chunk.byteLength) return;
  // Memory that is shared cannot be moved, and has no such method.
  const memory: Movable = buffer;
  memory.transfer?.(0);
}

/** Bytes that one `read` of a dialled connection takes at most: what libuv suggests for every socket. */
const readBytes = 65_536;

let sharedMemory: Buffer | undefined;

/**
 * The memory into which all connections read that were dialled. What is read is handled before the next
 * read of any: one memory is enough, and nothing is left to the garbage collector.
 */
export function readMemory(): Buffer {
  return (sharedMemory ??= Buffer.allocUnsafeSlow(readBytes));
}

/** `onread` is documented for `connect`, `highWaterMark` reaches the stream beneath: both are missing in the types. */
interface SocketOptions extends SocketConstructorOpts {
  readonly highWaterMark: number;
  readonly onread: OnReadOpts;
}

/**
 * Connect to a socket path or pipe, which the connection calls `address`. Rejects with the system's
 * error or the signal's reason.
 */
export async function openConnection(
  path: string,
  signal: AbortSignal,
  address: string = path,
): Promise<Connection> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    let connection: NetConnection | undefined;
    const options: SocketOptions = {
      allowHalfOpen: false,
      highWaterMark: HIGH_WATER_MARK,
      onread: {
        buffer: readMemory(),
        callback(length, read) {
          connection?.receive(read.subarray(0, length));
          return true;
        },
      },
    };
    const socket = new Socket(options);
    const onAbort = (): void => {
      // Destroying a pipe that is still connecting has crashed Node.js on Windows: let it end first.
      socket.unref();
      socket.off("connect", onConnect);
      socket.once("connect", () => socket.destroy());
      reject(signal.reason);
    };
    const onConnect = (): void => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onFailure);
      connection = new NetConnection(socket, address);
      resolve(connection);
    };
    const onFailure = (error: Error): void => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", onConnect);
    socket.once("error", onFailure);
    // Paused before it connects, it reads nothing until a handler is attached.
    socket.pause();
    socket.connect({ path });
  });
}
