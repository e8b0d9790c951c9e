export { createNodeTransport, type NodeTransportOptions } from "./node-transport.ts";
export { TransportError, type SystemErrorCode, type TransportErrorCode } from "./errors.ts";
export type { Acceptor, Connection, ConnectionHandler, Listener, Transport } from "./transport.ts";
export type { DialOptions, EndpointOptions, ListenOptions } from "./options.ts";

// Resolving an endpoint.
export { resolveEndpoint, type Endpoint, type Environment, type Place } from "./endpoint.ts";

// Driving connections: real time, whatever a test makes of the globals.
export { abortError, delay, nextTurn, realTime, throwLater, Timeout } from "./real-time.ts";
