import { ProtocolError, quoted } from "@ipc/protocol";
import { Timeout } from "@ipc/transport";
import { refusalIn, type RefusedError } from "../error.ts";
import type { ClientMeta } from "../listening/lifecycle-events.ts";

/**
 * Decides about a client before it is connected: returns to accept, throws a `RefusedError` to refuse.
 * Any other error that it throws is the server's own fault. May be asynchronous: the client waits.
 */
export type Middleware<S> = (socket: S, meta: ClientMeta) => unknown;

/** The reason to keep a client out: the refusal of middleware, or an error of the server's own. */
type Exclusion = RefusedError | ProtocolError;

/**
 * Run the middleware in order, as long as `isWanted`. Answers why the client does not come in: what one of them
 * threw, or `IPC_HANDSHAKE_TIMEOUT` when they have not all decided within `timeout` milliseconds. Never rejects.
 * An error that is thrown after that is `report`ed.
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

/** The error of middleware that threw something else than a refusal: the server's own, with what was thrown as its cause. */
function middlewareFailed(name: string, cause: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_MIDDLEWARE_FAILED",
    "caller",
    `The middleware given to use() failed while it decided about the client ${quoted(name)}, which is not let in. The cause is what it threw; to refuse a client, throw a RefusedError.`,
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
    `The middleware given to use() had not decided about a client within ${timeout} ms (handshakeTimeout); the client is not let in.`,
    { context: { timeout } },
  );
}
