import { ServerListener } from "./server-listener.ts";
import { startServer } from "./start-server.ts";
import { systemError } from "./system-error.ts";
import type { Acceptor, ListenOptions } from "./transport.ts";

/** Serve a Windows pipe. The system lets one process create it, and removes it with the process. */
export async function listenOnPipe(
  path: string,
  acceptor: Acceptor,
  options: ListenOptions,
): Promise<ServerListener> {
  try {
    return new ServerListener(path, await startServer({ path }, path, acceptor, options));
  } catch (error) {
    throw systemError("listen on", path, error);
  }
}
