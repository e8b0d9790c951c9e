import { ProtocolError, quoted } from "@ipc/protocol";
import { Timeout } from "@ipc/transport";
import type { ClientMeta } from "../listening/lifecycle-events.ts";

/**
 * Decides about a client before it is connected: returns to accept, throws a `RefusedError` to refuse.
 * Any other error that it throws is the server's own fault. May be asynchronous: the client waits.
 */
export type Middleware<S> = (socket: S, meta: ClientMeta) => unknown;

/**
 * Run the middleware in order. Rejects with what one of them throws, whatever that is; answers
 * `IPC_HANDSHAKE_TIMEOUT` when they have not all decided within `timeout` milliseconds.
 */
export async function runMiddleware<S>(
  middleware: readonly Middleware<S>[],
  socket: S,
  meta: ClientMeta,
  timeout: number,
): Promise<ProtocolError | undefined> {
  let late = false;
  const inOrder = async (): Promise<undefined> => {
    for (const step of middleware) {
      // One after the other: each may rely on what those before it attached.
      if (!late) await step(socket, meta);
    }
    return undefined;
  };
  const { promise, cancel } = undecidedAfter(timeout);
  try {
    return await Promise.race([inOrder(), promise]);
  } finally {
    late = true;
    cancel();
  }
}

/** The error of middleware that threw something else than a refusal: the server's own, with what was thrown as its cause. */
export function middlewareFailed(name: string, cause: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_MIDDLEWARE_FAILED",
    "caller",
    `The middleware given to use() failed while it decided about the client ${quoted(name)}, which was turned away. The cause is what it threw; to refuse a client, throw a RefusedError.`,
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
    `The middleware given to use() had not decided about a client within ${timeout} ms (handshakeTimeout); the client was turned away.`,
    { context: { timeout } },
  );
}
