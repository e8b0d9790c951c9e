import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

/** The machine a run took place on: numbers of different machines are not comparable. */
export interface Machine {
  platform: string;
  release: string;
  arch: string;
  processor: string;
  processors: number;
  /** The memory in bytes. */
  memory: number;
  /** Average number of busy processes in the minute before the run. */
  load: number;
}

/** Describes this machine, as it is now. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    platform: platform(),
    release: release(),
    arch: arch(),
    processor: processors[0]?.model ?? "unknown",
    processors: processors.length,
    memory: totalmem(),
    load: loadavg()[0] ?? 0,
  };
}
