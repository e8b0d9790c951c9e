import { isError, ProtocolError } from "@ipc/protocol";
import { Timeout } from "@ipc/transport";
import type { ClientMeta } from "../listening/lifecycle-events.ts";

/**
 * Decides about a client before it is connected: returns to accept, throws to refuse with the
 * error's message as the reason that the client sees. May be asynchronous: the client waits.
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

/** The reason that a refused client sees: of what was thrown, a text or an error's message. */
export function refusalOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  return isError(thrown) ? thrown.message : "refused";
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
    `The server's middleware had not decided about a client within ${timeout} ms (handshakeTimeout); the client was turned away.`,
    { context: { timeout } },
  );
}
