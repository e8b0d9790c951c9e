import { createHook } from "node:async_hooks";

/** The timers that were set since and are still to come. */
export interface TimerCount {
  count(): number;
  restore(): void;
}

/** Counts the timers of this process from now on, by whichever name they are set, until it is told to stop. */
export function countTimers(): TimerCount {
  const live = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type === "Timeout") live.add(id);
    },
    destroy(id) {
      live.delete(id);
    },
  }).enable();
  return { count: () => live.size, restore: () => void hook.disable() };
}
