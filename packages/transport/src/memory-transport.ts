import type { Connection } from "./connection.ts";
import { MemoryConnection } from "./memory-connection.ts";
import { MemoryPipe, type Schedule } from "./memory-pipe.ts";
import { systemError } from "./system-error.ts";
import type { Acceptor, DialOptions, Listener, Transport } from "./transport.ts";
import { withDeadline } from "./with-deadline.ts";

/** How a memory transport delivers. */
export interface MemoryTransportOptions {
  /** Runs a task later, in order. Default: `setImmediate`. */
  schedule?: Schedule | undefined;
}

/**
 * A transport inside this process, for tests: no files, and every delivery is one task given to
 * `schedule`, so that a virtual clock decides when bytes arrive. Each transport is its own world.
 */
export function createMemoryTransport(options: MemoryTransportOptions = {}): Transport {
  const schedule = options.schedule ?? ((task: () => void): void => void setImmediate(task));
  const acceptors = new Map<string, Acceptor>();
  return {
    async listen(endpoint: string, acceptor: Acceptor): Promise<Listener> {
      if (acceptors.has(endpoint)) throw failure("listen on", endpoint, "EADDRINUSE");
      acceptors.set(endpoint, acceptor);
      return new MemoryListener(endpoint, () => {
        if (acceptors.get(endpoint) === acceptor) acceptors.delete(endpoint);
      });
    },

    dial(endpoint: string, limits: DialOptions = {}): Promise<Connection> {
      const connect = (signal: AbortSignal): Promise<Connection> =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          schedule(() => {
            if (signal.aborted) return;
            const acceptor = acceptors.get(endpoint);
            if (acceptor === undefined) {
              reject(failure("dial", endpoint, "ENOENT"));
              return;
            }
            const [client, server] = connectionPair(endpoint, schedule);
            acceptor.handleConnection(server);
            resolve(client);
          });
        });
      return withDeadline(connect, limits, () => failure("dial", endpoint, "ETIMEDOUT"));
    },
  };
}

/** The two ends of one connection. */
function connectionPair(address: string, schedule: Schedule): [Connection, Connection] {
  const forth = new MemoryPipe(schedule);
  const back = new MemoryPipe(schedule);
  const client = new MemoryConnection(address, back, forth);
  const server = new MemoryConnection(address, forth, back);
  forth.connect(server, () => client.handleEmpty());
  back.connect(client, () => server.handleEmpty());
  return [client, server];
}

class MemoryListener implements Listener {
  readonly address: string;
  readonly #giveBack: () => void;

  constructor(address: string, giveBack: () => void) {
    this.address = address;
    this.#giveBack = giveBack;
  }

  async close(): Promise<void> {
    this.#giveBack();
  }

  ref(): void {}

  unref(): void {}
}

function failure(action: "dial" | "listen on", address: string, code: string): Error {
  return systemError(action, address, Object.assign(new Error(code), { code }));
}
