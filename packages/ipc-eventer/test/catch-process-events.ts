import type { TestPlace } from "./test-place.ts";

/**
 * Collect, until the end of the test, what would have ended the process, uncaught exceptions or
 * unhandled rejections; or the warnings that it would have printed.
 */
export function catchProcessEvents(
  place: TestPlace,
  event: "uncaughtException" | "unhandledRejection" | "warning",
): unknown[] {
  const caught: unknown[] = [];
  const others = process.rawListeners(event) as NodeJS.UncaughtExceptionListener[];
  const listener = (error: unknown): void => {
    caught.push(error);
  };
  process.removeAllListeners(event);
  process.on(event, listener);
  place.finally(() => {
    process.removeAllListeners(event);
    for (const other of others) process.on(event, other);
  });
  return caught;
}
