import type { Places } from "./claim-places.ts";
import { missingDirectory, settlePlace } from "./directory.ts";
import { type Endpoint, type Environment, type Place, resolveEndpoint } from "./endpoint.ts";
import { isError, systemCode, systemError } from "./errors.ts";
import { InheritedDescriptors, listenOnDescriptor } from "./inherited-descriptors.ts";
import { ServerListener, startServer } from "./net-server.ts";
import type { ListenOptions } from "./options.ts";
import { SocketListener } from "./socket-listener.ts";
import type { Acceptor, Listener } from "./transport.ts";

/** Shared by all transports: descriptors, and the variables that name them, belong to the process. */
const descriptors = new InheritedDescriptors(process.env, process.pid);

/** The facts of a process that listens. */
interface ListenerFacts {
  /** The environment at the call. */
  readonly environment: Environment;
  /** Reads it anew. */
  readonly environmentOf: (directory: string | undefined) => Environment;
  /** Milliseconds between two looks of a server at its own sockets. */
  readonly renewInterval: number;
}

/** Listen on an endpoint, or with `fd` on a descriptor. Rejects as `Transport.listen`. */
export async function listenAt(
  { name, endpoint }: { readonly name: string; readonly endpoint: Endpoint | undefined },
  acceptor: Acceptor,
  wishes: ListenOptions,
  { environment, environmentOf, renewInterval }: ListenerFacts,
): Promise<Listener> {
  const { platform, uid } = environment;
  const { fd } = wishes;
  if (fd !== undefined) {
    return listenOnDescriptor(name, acceptor, { ...wishes, fd, platform, descriptors });
  }
  if (endpoint?.kind === "pipe") return listenOnPipe(endpoint.path, acceptor, wishes);
  return SocketListener.listen(() => locate(name, environment, environmentOf), acceptor, {
    ...wishes,
    platform,
    uid,
    renewInterval,
    currentUid: () => process.geteuid?.() ?? uid,
  });
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
