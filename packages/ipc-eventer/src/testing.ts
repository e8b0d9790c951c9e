export {
  createFaults,
  createMemoryTransport,
  seededRandom,
  type ConnectionFaults,
  type Cut,
  type Delay,
  type Direction,
  type FaultOptions,
  type Faults,
  type MemoryTransportOptions,
  type Quantity,
  type Schedule,
} from "@ipc/transport";
