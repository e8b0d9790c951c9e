/** The footprint of a process. */
export interface Footprint {
  /** Bytes that V8 and its buffers hold after a collection. */
  readonly held: number;
  /** Bytes of memory that the process has. */
  readonly resident: number;
  /** The resources that keep the process alive, as Node.js names them. */
  readonly handles: number;
}

/** Look at this process. Run it with `--expose-gc`. */
export function footprint(): Footprint {
  // Twice: what a first collection finalizes, the second one frees.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  return { held: heapUsed + external, resident: rss, handles };
}
