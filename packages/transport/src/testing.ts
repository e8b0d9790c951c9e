export { createMemoryTransport, type MemoryTransportOptions } from "./memory-transport.ts";
export { createFaults, type FaultOptions, type Faults } from "./faults.ts";
export type { ConnectionFaults, Cut, Direction } from "./connection-faults.ts";

// For those who deliver on a clock of their own.
export type { Schedule } from "./memory-pipe.ts";
