export { createNodeTransport, type NodeTransportOptions } from "./node-transport.ts";
export { createMemoryTransport, type MemoryTransportOptions } from "./memory-transport.ts";
export { createFaults, type FaultOptions, type Faults } from "./faults.ts";
export type { ConnectionFaults, Cut, Direction } from "./connection-faults.ts";
export { TransportError, type SystemErrorCode, type TransportErrorCode } from "./errors.ts";
export type { Acceptor, Connection, ConnectionHandler, Listener, Transport } from "./transport.ts";
export type { DialOptions, EndpointOptions, ListenOptions } from "./options.ts";

// Resolving an endpoint, and delivering on a clock of one's own.
export { resolveEndpoint, type Endpoint, type Environment, type Place } from "./endpoint.ts";
export type { Schedule } from "./memory-pipe.ts";

// Driving connections: real time, whatever a test makes of the globals.
export { abortError, delay, nextTurn, realTime, throwLater, Timeout } from "./real-time.ts";
