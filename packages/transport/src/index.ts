export { createNodeTransport, type NodeTransportOptions } from "./node-transport.ts";
export {
  TransportError,
  type SystemErrorCode,
  type TransportErrorCode,
} from "./transport-error.ts";

// For those who drive a transport, or bring their own.
export type { Connection, ConnectionHandler } from "./connection.ts";
export type { Schedule } from "./memory-pipe.ts";
export type {
  Acceptor,
  DialOptions,
  EndpointOptions,
  Listener,
  ListenOptions,
  Transport,
} from "./transport.ts";
export {
  resolveEndpoint,
  type Endpoint,
  type Environment,
  type Place,
} from "./resolve-endpoint.ts";
