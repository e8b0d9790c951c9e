export { IPCServer } from "./ipc-server.ts";
export { IPCClient } from "./ipc-client.ts";
export { IPCSocket } from "./ipc-socket.ts";
export { IPCServerSocket } from "./ipc-server-socket.ts";
export type { Audience } from "./ipc-server-socket.ts";
export type { Target } from "./server/rooms.ts";
export { IPCError, type IPCErrorCode, RefusedError, type RefusedErrorOptions } from "./errors.ts";
export type { ConnectOptions, IPCClientOptions, IPCServerOptions } from "./options.ts";
export type { CallContext, HandleOptions } from "./calls/handlers.ts";
export type { InvokeOptions } from "./calls/outbound-call.ts";
export type { CallError, Outcomes } from "./ipc-server-socket.ts";
export type { ListenOptions } from "./listening/socket-events.ts";
export type { FlushOptions } from "./socket/flush.ts";
export type { DisconnectOptions } from "./client/client-connector.ts";
export type { HandOverOptions, StartOptions, StopOptions } from "./server/server-endpoint.ts";
export type { ServerStats } from "./server/stats.ts";
export {
  connectOrServe,
  type ConnectOrServeOptions,
  type Membership,
} from "./group/connect-or-serve.ts";
export type { ClientLifecycle, ClientMeta, ServerLifecycle } from "./listening/lifecycle-events.ts";
export type { SocketLifecycle } from "./listening/lifecycle-events.ts";
export type { Middleware } from "./server/middleware.ts";
export type {
  AnyEvents,
  DataArgument,
  DataOf,
  EventMap,
  EventName,
  ReplyOf,
} from "./listening/event-map.ts";
export type { Schemas, StandardSchema } from "./socket/schema.ts";
export type { ErrorDiagnostic } from "./diagnostics/diagnostics.ts";
export type {
  CallDiagnostic,
  ConnectionDiagnostic,
  MessageDiagnostic,
} from "./diagnostics/diagnostics.ts";
export type { SessionDiagnostic } from "./diagnostics/diagnostics.ts";
export {
  ProtocolError,
  RemoteError,
  type CloseReason,
  type Codec,
  type EmitOptions,
  type Lost,
  type LostEvent,
  type ProtocolErrorCode,
  type SessionEnd,
  type SessionStats,
  type SlowConsumerPolicy,
} from "@ipc/protocol";
export { TransportError, type TransportErrorCode } from "@ipc/transport";
export { CryptoError, type CryptoErrorCode } from "@ipc/crypto/error";
export { FramingError, type FramingErrorCode } from "@ipc/framing";

// For a carrier of your own.
export type { Connection, ConnectionHandler, Listener, Transport } from "@ipc/transport";
