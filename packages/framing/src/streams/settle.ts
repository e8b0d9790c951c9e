import type { TransformCallback } from "node:stream";

/** Runs one step of a Node.js stream and tells `callback` how it ended. */
export function settle(step: () => void, callback: TransformCallback): void {
  try {
    step();
  } catch (error) {
    callback(error instanceof Error ? error : new Error("A stream failed.", { cause: error }));
    return;
  }
  callback();
}
