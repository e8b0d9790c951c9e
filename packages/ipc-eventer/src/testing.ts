export {
  createFaults,
  createMemoryTransport,
  type ConnectionFaults,
  type Cut,
  type Direction,
  type FaultOptions,
  type Faults,
  type MemoryTransportOptions,
  type Schedule,
} from "@ipc/transport/testing";
