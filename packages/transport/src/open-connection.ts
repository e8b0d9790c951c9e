import { Buffer } from "node:buffer";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { NetConnection } from "./net-connection.ts";
import { type Connection, HIGH_WATER_MARK } from "./transport.ts";

/** Bytes that one `read` of a dialled connection takes at most: what libuv suggests for every socket. */
const readBytes = 65_536;

let memory: Buffer | undefined;

/**
 * The memory into which all connections read that were dialled. What is read is handled before the next
 * read of any: one memory is enough, and nothing is left to the garbage collector.
 */
export function readMemory(): Buffer {
  return (memory ??= Buffer.allocUnsafeSlow(readBytes));
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
      socket.off("error", onError);
      connection = new NetConnection(socket, address);
      resolve(connection);
    };
    const onError = (error: Error): void => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", onConnect);
    socket.once("error", onError);
    // Paused before it connects, it reads nothing until a handler is attached.
    socket.pause();
    socket.connect({ path });
  });
}
