import { createServer, type Server, type Socket } from "node:net";
import { systemCode, systemError, TransportError } from "./errors.ts";
import { fs } from "./file-facts.ts";
import { NetConnection } from "./net-connection.ts";
import type { ListenOptions } from "./options.ts";
import { realTime } from "./real-time.ts";
import { type Acceptor, HIGH_WATER_MARK, type Listener } from "./transport.ts";

/** Connections the system may hold before they are accepted; Linux cuts it to net.core.somaxconn. */
const DEFAULT_BACKLOG = 511;

/** Listen on one path, pipe or open descriptor and hand what connects, paused, to the acceptor. */
export function startServer(
  target: { readonly path: string } | { readonly fd: number },
  address: string,
  acceptor: Acceptor,
  options: ListenOptions,
): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, highWaterMark: HIGH_WATER_MARK });
  const watch = new DescriptorWatch(() => acceptor.handleError(outOfDescriptors(address)));
  server.on("connection", (socket) => {
    acceptor.handleConnection(new NetConnection(socket, address));
    watch.look(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(
      {
        ...target,
        // Without it the workers of node:cluster would share one server silently.
        exclusive: true,
        backlog: options.backlog ?? DEFAULT_BACKLOG,
        readableAll: process.platform === "win32" && options.readableAll === true,
        writableAll: process.platform === "win32" && options.writableAll === true,
      },
      () => {
        server.off("error", reject);
        server.on("error", (error) =>
          acceptor.handleError(systemError("accept connections on", address, error)),
        );
        resolve(server);
      },
    );
  });
}

/** A listener with nothing to give back but its server: a Windows pipe, an inherited socket. */
export class ServerListener implements Listener {
  readonly address: string;
  readonly #server: Server;
  #onClose: (() => void) | undefined;

  constructor(address: string, server: Server, onClose?: () => void) {
    this.address = address;
    this.#server = server;
    this.#onClose = onClose;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#onClose?.();
    this.#onClose = undefined;
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }
}

/** Milliseconds that an episode without descriptors lasts at least, so that its end and beginning tell no log full. */
const EPISODE = 1_000;

/**
 * Notices that the process has no descriptor left. The system tells a server nothing of that: libuv
 * closes what it cannot accept, and the clients see a connection that ends at once.
 *
 * A new connection has the lowest free descriptor, so the last ones show in numbers never seen before.
 */
class DescriptorWatch {
  readonly #report: () => void;
  #highest = 0;
  #reportedAt: number | undefined;

  constructor(report: () => void) {
    this.#report = report;
  }

  /** Look whether there is one more, after a connection was accepted. */
  look(socket: Socket): void {
    const fd = descriptorOf(socket);
    if (fd === undefined || (fd < this.#highest && this.#reportedAt === undefined)) return;
    this.#highest = Math.max(fd, this.#highest);
    if (hasDescriptor()) {
      const isOver = this.#reportedAt !== undefined && realTime.now() - this.#reportedAt >= EPISODE;
      if (isOver) this.#reportedAt = undefined;
    } else if (this.#reportedAt === undefined) {
      this.#reportedAt = realTime.now();
      this.#report();
    }
  }
}

/** The number of a socket's descriptor, where the runtime has it. */
function descriptorOf(socket: Socket): number | undefined {
  if (!("_handle" in socket)) return undefined;
  const { _handle: handle } = socket;
  if (typeof handle !== "object" || handle === null || !("fd" in handle)) return undefined;
  return typeof handle.fd === "number" && handle.fd >= 0 ? handle.fd : undefined;
}

function hasDescriptor(): boolean {
  try {
    fs.closeSync(fs.openSync("/dev/null", "r"));
    return true;
  } catch (error) {
    const code = systemCode(error);
    return code !== "EMFILE" && code !== "ENFILE";
  }
}

function outOfDescriptors(address: string): TransportError {
  return new TransportError(
    "EMFILE",
    address,
    `Cannot accept connections on ${address}: this process has as many open files as it may. Until some are closed, the system ends new connections at once. Close some, or raise the limit (\`ulimit -n\`). (EMFILE)`,
  );
}
