import { Socket } from "node:net";
import type { Connection } from "./connection.ts";
import { HIGH_WATER_MARK, NetConnection } from "./net-connection.ts";

/** `highWaterMark` reaches the stream beneath a socket, but is missing in the types of net. */
const socketOptions: { allowHalfOpen: boolean; highWaterMark: number } = {
  allowHalfOpen: false,
  highWaterMark: HIGH_WATER_MARK,
};

/** Connect to a socket path or pipe. Rejects with the system's error or the signal's reason. */
export async function openConnection(path: string, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new Socket(socketOptions);
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
      resolve(new NetConnection(socket, path));
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
