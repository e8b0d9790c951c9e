/** Bytes that a process has in use. */
export interface LiveMemory {
  rss: number;
  /** The bytes on the heap of JavaScript and beside it. */
  heap: number;
}

/** Collects garbage, which needs `--expose-gc`, and measures what is left. */
export function liveMemory(): LiveMemory {
  if (gc === undefined) throw new Error("Start the process with --expose-gc.");
  for (let times = 0; times < 3; times += 1) gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
