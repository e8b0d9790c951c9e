import { ProtocolError, quoted } from "@ipc/protocol";
import { Timeout } from "@ipc/transport";
import { refusalIn, type RefusedError } from "../errors.ts";
import type { ClientMeta } from "../listening/lifecycle-events.ts";

/**
 * Decides about a client before it is connected: returns to accept, throws a `RefusedError` to refuse.
 * Any other error that it throws is the server's own fault. May be asynchronous: the client waits.
 */
export type Middleware<S> = (socket: S, meta: ClientMeta) => unknown;

/** The reason not to accept a client: a refusal of middleware, or an error of the server. */
type Exclusion = RefusedError | ProtocolError;

/**
 * Runs the middleware in order, as long as `isWanted`. Returns why the client is not accepted: the error that one of
 * them threw, or `IPC_HANDSHAKE_TIMEOUT` if they have not all decided within `timeout` milliseconds. Never rejects.
 * A later error is passed to `report`.
 */
export async function runMiddleware<S>(
  middleware: readonly Middleware<S>[],
  socket: S,
  meta: ClientMeta,
  timeout: number,
  isWanted: () => boolean,
  report: (error: ProtocolError) => void,
): Promise<Exclusion | undefined> {
  let late = false;
  const inOrder = async (): Promise<undefined> => {
    for (const step of middleware) {
      // One after the other: each may rely on what those before it attached.
      if (!late && isWanted()) await step(socket, meta);
    }
    return undefined;
  };
  const { promise, cancel } = undecidedAfter(timeout);
  const decided = inOrder().catch((error: unknown) => {
    const exclusion = refusalIn(error) ?? middlewareFailed(meta.name, error);
    if (late && exclusion instanceof ProtocolError) report(exclusion);
    return exclusion;
  });
  const exclusion = await Promise.race([decided, promise]);
  late = true;
  cancel();
  return exclusion;
}

/** Makes the error for middleware that has thrown anything but a refusal, which is the cause. */
function middlewareFailed(name: string, cause: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_MIDDLEWARE_FAILED",
    "caller",
    `The middleware given to use() failed while it decided about the client ${quoted(name)}, which is not accepted. The cause is the error that was thrown. To refuse a client, throw a RefusedError.`,
    { cause },
  );
}

function undecidedAfter(timeout: number): { promise: Promise<ProtocolError>; cancel: () => void } {
  let timer: Timeout | undefined;
  const promise = new Promise<ProtocolError>((resolve) => {
    // The listening server holds the process; a client that waits does not.
    timer = new Timeout(timeout, () => resolve(undecided(timeout)));
  });
  return { promise, cancel: () => timer?.clear() };
}

function undecided(timeout: number): ProtocolError {
  return new ProtocolError(
    "IPC_HANDSHAKE_TIMEOUT",
    "caller",
    `The middleware given to use() had not decided about a client within ${timeout} ms, so it is not accepted. Decide faster, or raise handshakeTimeout.`,
    { context: { timeout } },
  );
}
