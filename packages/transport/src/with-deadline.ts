import { Timeout } from "./real-time.ts";

/**
 * Run work under a signal that aborts at the caller's signal, with its reason, or after `timeout`
 * milliseconds of a loop that turns, with `lateError()`. Timer and listener are gone when the work has ended.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  limits: { signal?: AbortSignal | undefined; timeout?: number | undefined },
  lateError: () => Error,
): Promise<T> {
  const { signal, timeout } = limits;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  const timer =
    timeout === undefined
      ? undefined
      : new Timeout(timeout, () => controller.abort(lateError()), true);
  signal?.addEventListener("abort", follow, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    timer?.clear();
    signal?.removeEventListener("abort", follow);
  }
}
