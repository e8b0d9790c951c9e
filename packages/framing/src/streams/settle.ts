import type { TransformCallback } from "node:stream";

/** Runs one step of a Node.js stream and tells `callback` how it ended. */
export function settle(step: () => void, callback: TransformCallback): void {
  try {
    step();
  } catch (error) {
    callback(isError(error) ? error : new Error("A stream failed.", { cause: error }));
    return;
  }
  callback();
}

// By its tag, since an error of another realm is one too.
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
}
