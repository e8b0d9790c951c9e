/**
 * Run work under a signal that aborts at the caller's signal, with its reason, or after `timeout`
 * milliseconds, with `lateError()`. Timer and listener are gone when the work has ended.
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
    timeout === undefined ? undefined : setTimeout(() => controller.abort(lateError()), timeout);
  signal?.addEventListener("abort", follow, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", follow);
  }
}
