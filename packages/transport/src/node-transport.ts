import type { Places } from "./claim-places.ts";
import { type Caller, dialSocket } from "./dial-socket.ts";
import { missingDirectory, settlePlace } from "./directory.ts";
import {
  type Endpoint,
  type Environment,
  type Place,
  readEnvironment,
  resolveEndpoint,
} from "./endpoint.ts";
import { isError, systemCode, systemError, TransportError } from "./errors.ts";
import { canPin } from "./file-facts.ts";
import { InheritedDescriptors, listenOnDescriptor } from "./inherited-descriptors.ts";
import { openConnection } from "./net-connection.ts";
import { ServerListener, startServer } from "./net-server.ts";
import {
  checkDialOptions,
  checkListenOptions,
  checkNames,
  type DialOptions,
  type ListenOptions,
  type OptionNames,
} from "./options.ts";
import { withDeadline } from "./real-time.ts";
import { SocketListener } from "./socket-listener.ts";
import type { Acceptor, Connection, Listener, Transport } from "./transport.ts";

/**
 * Milliseconds between two looks of a server at its own sockets: the clients of a swept directory
 * are without it for at most a minute, and a look costs a few system calls for each place.
 */
export const DEFAULT_RENEW_INTERVAL = 60_000;

/** Shared by all transports: descriptors, and the variables that name them, belong to the process. */
const descriptors = new InheritedDescriptors(process.env, process.pid);

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
        const { platform, uid } = environment;
        const { fd } = wishes;
        if (fd !== undefined) {
          return await listenOnDescriptor(name, acceptor, { ...wishes, fd, platform, descriptors });
        }
        const endpoint = resolveEndpoint(name, environment);
        if (endpoint.kind === "pipe") return await listenOnPipe(endpoint.path, acceptor, wishes);
        return await SocketListener.listen(
          () => locate(name, environment, environmentOf),
          acceptor,
          {
            ...wishes,
            platform,
            uid,
            renewInterval,
            currentUid: () => process.geteuid?.() ?? uid,
          },
        );
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

/**
 * The places of a server as they are now: what was chosen stays chosen, but the directories of a
 * user come and go with the logins.
 */
function locate(
  name: string,
  started: Environment,
  environmentOf: (directory: string | undefined) => Environment,
): Places {
  const chosen = started.directory !== undefined || name.startsWith("/");
  // A chosen directory is the only one that is read: others may not be permitted.
  const endpoint = resolveEndpoint(name, chosen ? started : asNow(started, environmentOf));
  if (endpoint.kind === "pipe") throw new Error("a pipe has no places");
  const [first, ...others] = endpoint.places;
  const settle = (place: Place): Place => settleToListen(place, started.uid);
  return [settle(first), ...others.map(settle)];
}

function asNow(
  started: Environment,
  environmentOf: (directory: string | undefined) => Environment,
): Environment {
  const { hasRuntimeDirectory } = environmentOf(undefined);
  return { ...started, hasRuntimeDirectory };
}

function settleToListen(place: Place, uid: number): Place {
  try {
    return settlePlace(place, [uid, 0]).place;
  } catch (error) {
    if (systemCode(error) === "ENOENT" && isError(error) && "path" in error) {
      throw missingDirectory(place, String(error.path), error);
    }
    throw systemError("listen on", place.path, error);
  }
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

/** Serve a Windows pipe. The system lets one process create it, and removes it with the process. */
async function listenOnPipe(
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
