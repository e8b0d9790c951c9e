import { realTime } from "@ipc/transport";
import { vi } from "vitest";

/** Fakes time for the library as well, which otherwise keeps the clock that it was imported with. */
export function fakeAllTime(): { restore(): void } {
  const kept = { ...realTime };
  vi.useFakeTimers();
  Object.assign(realTime, {
    now: () => performance.now(),
    date: () => Date.now(),
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    setImmediate: globalThis.setImmediate,
  });
  return {
    restore() {
      Object.assign(realTime, kept);
      vi.useRealTimers();
    },
  };
}
