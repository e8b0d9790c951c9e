import { vi } from "vitest";

/** The timers that were set since and are still to come. */
export interface TimerCount {
  count(): number;
  restore(): void;
}

/** Counts timers from now on, until it is told to restore what it has exchanged. */
export function countTimers(): TimerCount {
  const live = new Set<unknown>();
  const set = globalThis.setTimeout;
  const clear = globalThis.clearTimeout;
  const setSpy = vi.spyOn(globalThis, "setTimeout");
  const clearSpy = vi.spyOn(globalThis, "clearTimeout");
  setSpy.mockImplementation(((callback: (...values: unknown[]) => void, ...rest: unknown[]) => {
    const timer: unknown = (set as (...values: unknown[]) => unknown)(
      (...values: unknown[]) => {
        live.delete(timer);
        callback(...values);
      },
      ...rest,
    );
    live.add(timer);
    return timer;
  }) as typeof setTimeout);
  clearSpy.mockImplementation((timer) => {
    live.delete(timer);
    clear(timer);
  });
  return {
    count: () => live.size,
    restore() {
      setSpy.mockRestore();
      clearSpy.mockRestore();
    },
  };
}
