/** The largest growth of a process. */
export interface Growth {
  /** Bytes of memory that the process has. */
  readonly resident: number;
  /** Bytes of buffers. */
  readonly external: number;
}

/** Milliseconds between two looks. */
const interval = 10;

/** Watch this process from now on; the answer ends it and tells. */
export function watchGrowth(): () => Growth {
  globalThis.gc?.();
  const first = process.memoryUsage();
  let [resident, external] = [first.rss, first.external];
  const look = (): void => {
    const { rss, external: now } = process.memoryUsage();
    resident = Math.max(resident, rss);
    external = Math.max(external, now);
  };
  const timer = setInterval(look, interval);
  return () => {
    clearInterval(timer);
    look();
    return { resident: resident - first.rss, external: external - first.external };
  };
}
