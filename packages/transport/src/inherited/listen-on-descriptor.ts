import { fstatSync, type Stats } from "node:fs";
import { systemCode, systemError, TransportError } from "../errors.ts";
import { ServerListener, startServer } from "../net-server.ts";
import type { ListenOptions } from "../options.ts";
import type { Acceptor } from "../transport.ts";
import type { InheritedDescriptors } from "./inherited-descriptors.ts";
import { readSocketPath } from "./read-socket-path.ts";

/**
 * listen(2) is called again and sets the backlog anew: the most there is, which the system cuts to
 * its own limit, as the process that made the socket has chosen no smaller one for us.
 */
const SYSTEM_BACKLOG = 0x7fff_ffff;

/** Options of listening on a descriptor, with the facts of the process. */
export interface DescriptorOptions extends ListenOptions {
  readonly fd: number | "systemd";
  readonly platform: string;
  readonly descriptors: InheritedDescriptors;
}

/**
 * Listen on a socket that another process has made and bound; nothing of it is changed or removed.
 * Rejects as `take` throws, and with `IPC_NOT_INHERITED` or `IPC_NOT_A_SOCKET`.
 */
export async function listenOnDescriptor(
  endpoint: string,
  acceptor: Acceptor,
  options: DescriptorOptions,
): Promise<ServerListener> {
  if (options.platform === "win32") {
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `Cannot listen on "${endpoint}" with \`fd\`: Windows passes no pipes as descriptors. Leave \`fd\` out.`,
    );
  }
  const runtime = runtimeWithoutDescriptors();
  if (runtime !== undefined) {
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `Cannot listen on "${endpoint}" with \`fd\`: ${runtime} cannot inspect a descriptor that it was given. Run the server with Node.js, or leave \`fd\` out.`,
    );
  }
  const { descriptors } = options;
  const fd = descriptors.take(options.fd, endpoint);
  const release = (): void => descriptors.release(fd);
  try {
    const inode = checkSocket(fd);
    const address = (await readSocketPath(inode)) ?? `descriptor ${fd}`;
    const backlog = options.backlog ?? SYSTEM_BACKLOG;
    const server = await startServer({ fd }, address, acceptor, { backlog });
    const listener = new ServerListener(address, server, release);
    // Unix sockets have none; a network address is a door that this layer does not guard.
    if (server.address() === null) return listener;
    await listener.close();
    throw notSuitable(fd, "is a network socket");
  } catch (error) {
    release();
    if (systemCode(error) !== "EINVAL") throw systemError("listen on", `descriptor ${fd}`, error);
    throw notSuitable(fd, "cannot accept connections", error);
  }
}

/** The name of a runtime other than Node.js, whose `fstat` and `address()` know nothing of such descriptors. */
function runtimeWithoutDescriptors(): string | undefined {
  if (process.versions["bun"] !== undefined) return "Bun";
  return process.versions["deno"] === undefined ? undefined : "Deno";
}

/** The inode of a socket. */
function checkSocket(fd: number): number {
  const stats = inspect(fd);
  if (!stats.isSocket()) throw notSuitable(fd, "is no socket");
  return stats.ino;
}

function inspect(fd: number): Stats {
  try {
    return fstatSync(fd);
  } catch (error) {
    throw new TransportError(
      "IPC_NOT_INHERITED",
      `descriptor ${fd}`,
      `Descriptor ${fd} is not open in this process. Have the parent pass the socket as that one.`,
      error,
    );
  }
}

function notSuitable(fd: number, what: string, cause?: unknown): TransportError {
  return new TransportError(
    "IPC_NOT_A_SOCKET",
    `descriptor ${fd}`,
    `Descriptor ${fd} ${what}. Pass a Unix stream socket that is bound to a path.`,
    cause,
  );
}
