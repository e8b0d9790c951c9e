import { type Footprint, footprint } from "./footprint.ts";
import { type Growth, watchGrowth } from "./growth.ts";
import { openFiles } from "./open-files.ts";
import { processorTime } from "./processor-time.ts";

/** The requests that ask a process what it takes. */
export interface Gauges {
  /** Watch the memory until `grown`. */
  watch(): void;
  grown(): Growth;
  footprint(): Footprint;
  openFiles(): number;
  processorTime(): number;
}

/** The gauges of this process. */
export function createGauges(): Gauges {
  let grown: (() => Growth) | undefined;
  return {
    watch() {
      grown = watchGrowth();
    },
    grown: () => grown?.() ?? { resident: 0, external: 0 },
    footprint,
    openFiles,
    processorTime,
  };
}
