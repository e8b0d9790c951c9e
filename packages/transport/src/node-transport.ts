import { type Caller, dialSocket } from "./dial-socket.ts";
import { type Endpoint, type Environment, readEnvironment, resolveEndpoint } from "./endpoint.ts";
import { systemError, TransportError } from "./errors.ts";
import { canPin } from "./file-facts.ts";
import { openConnection } from "./net-connection.ts";
import { listenAt } from "./node-listener.ts";
import {
  checkDialOptions,
  checkListenOptions,
  checkNames,
  type DialOptions,
  type ListenOptions,
  type OptionNames,
} from "./options.ts";
import { withDeadline } from "./real-time.ts";
import type { Acceptor, Connection, Listener, Transport } from "./transport.ts";

/**
 * Milliseconds between two looks of a server at its own sockets: the clients of a swept directory
 * are without it for at most a minute, and a look costs a few system calls for each place.
 */
export const DEFAULT_RENEW_INTERVAL = 60_000;

/** The parts beneath the transport of this machine that tests can exchange. */
export interface NodeTransportOptions {
  /** Reads the environment anew for every call; gets the `directory` option. */
  readEnvironment?: ((directory: string | undefined) => Environment) | undefined;
  /** Milliseconds between two looks of a server at its own sockets. Default 60 000. */
  renewInterval?: number | undefined;
}

const transportOptions: OptionNames<NodeTransportOptions> = {
  readEnvironment: true,
  renewInterval: true,
};

/** The local endpoints of this machine: Unix sockets, and named pipes on Windows. Throws `IPC_TRANSPORT_OPTION`. */
export function createNodeTransport(options: NodeTransportOptions = {}): Transport {
  checkNames("createNodeTransport", "options", options, transportOptions);
  const environmentOf = options.readEnvironment ?? readEnvironment;
  const renewInterval = options.renewInterval ?? DEFAULT_RENEW_INTERVAL;
  const resolve = (name: string, wishes: DialOptions): [Environment, Endpoint] => {
    try {
      const environment = environmentOf(wishes.directory);
      return [environment, resolveEndpoint(name, environment)];
    } catch (error) {
      throw systemError("dial", addressOf(name, wishes), error);
    }
  };
  return {
    async listen(name: string, acceptor: Acceptor, wishes: ListenOptions = {}): Promise<Listener> {
      checkListenOptions(name, wishes);
      try {
        const environment = environmentOf(wishes.directory);
        const facts = { environment, environmentOf, renewInterval };
        const endpoint = wishes.fd === undefined ? resolveEndpoint(name, environment) : undefined;
        return await listenAt({ name, endpoint }, acceptor, wishes, facts);
      } catch (error) {
        throw systemError("listen on", addressOf(name, wishes), error);
      }
    },

    async dial(name: string, wishes: DialOptions = {}): Promise<Connection> {
      checkDialOptions(name, wishes);
      const [environment, endpoint] = resolve(name, wishes);
      const dialAll = (signal: AbortSignal): Promise<Connection> =>
        endpoint.kind === "pipe"
          ? dialPipe(endpoint.path, signal)
          : dialSocket(endpoint.places, callerOf(environment, wishes), signal);
      return withDeadline(dialAll, wishes, () => lateError(name, wishes.timeout));
    },
  };
}

/** The address that an error names before an endpoint is resolved. */
function addressOf(name: string, { directory }: DialOptions): string {
  // By a pattern: an untyped program may give no text, which is refused later.
  return directory === undefined || /^\/./u.test(name) ? name : `${directory}/${name}.sock`;
}

function callerOf({ uid }: Environment, { owner }: DialOptions): Caller {
  return { uid, owners: owner === undefined ? [uid, 0] : [owner], pins: canPin() };
}

async function dialPipe(path: string, signal: AbortSignal): Promise<Connection> {
  try {
    return await openConnection(path, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw systemError("dial", path, error);
  }
}

function lateError(name: string, timeout = 0): TransportError {
  return new TransportError(
    "ETIMEDOUT",
    name,
    `Cannot dial ${name}: no connection within ${timeout} ms. Check that the server is not blocked. (ETIMEDOUT)`,
  );
}
