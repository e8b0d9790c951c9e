import { createServer, type Server } from "node:net";
import { HIGH_WATER_MARK, NetConnection } from "./net-connection.ts";
import { systemError } from "./system-error.ts";
import type { Acceptor, ListenOptions } from "./transport.ts";

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
  server.on("connection", (socket) => {
    acceptor.handleConnection(new NetConnection(socket, address));
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
          acceptor.handleError(systemError("listen on", address, error)),
        );
        resolve(server);
      },
    );
  });
}
