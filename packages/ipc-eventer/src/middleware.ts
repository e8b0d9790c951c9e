import type { ClientMeta } from "./lifecycle-events.ts";

/**
 * Decides about a client before it is connected: returns to accept, throws to refuse with the
 * error's message as the reason that the client sees. May be asynchronous: the client waits.
 */
export type Middleware<S> = (socket: S, meta: ClientMeta) => unknown;

/** Run the middleware in order. Rejects with what one of them throws. */
export async function runMiddleware<S>(
  middleware: readonly Middleware<S>[],
  socket: S,
  meta: ClientMeta,
): Promise<void> {
  // One after the other: each may rely on what those before it attached.
  for (const step of middleware) await step(socket, meta);
}

/** The reason that a refused client sees. */
export function refusalOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
