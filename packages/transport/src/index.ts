export { createNodeTransport, type NodeTransportOptions } from "./node-transport.ts";
export { createMemoryTransport, type MemoryTransportOptions } from "./memory-transport.ts";
export { createFaults, type FaultOptions, type Faults } from "./faults.ts";
export type { ConnectionFaults, Cut, Direction } from "./connection-faults.ts";
export { TransportError, type SystemErrorCode, type TransportErrorCode } from "./errors.ts";
export type { Acceptor, Connection, ConnectionHandler, Listener, Transport } from "./transport.ts";
export type { DialOptions, EndpointOptions, ListenOptions } from "./options.ts";

// For those who ask where an endpoint is, or deliver on a clock of their own.
export { resolveEndpoint, type Endpoint, type Environment, type Place } from "./endpoint.ts";
export type { Schedule } from "./memory-pipe.ts";

// For those who drive connections: time as it is, whatever a test makes of the globals.
export { delay, nextTurn, realTime, Timeout } from "./real-time.ts";
