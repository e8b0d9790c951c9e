export { IPCServer } from "./ipc-server.ts";
export { IPCClient } from "./ipc-client.ts";
export { IPCSocket } from "./ipc-socket.ts";
export { IPCServerSocket } from "./ipc-server-socket.ts";
export type { Audience } from "./audience.ts";
export type { Target } from "./target.ts";
export type { Recipient, RelayOptions } from "./relay/recipient.ts";
export type { RelayHook } from "./relay/relay.ts";
export type { EventContext } from "./event-context.ts";
export { IPCError, type IPCErrorCode } from "./error.ts";
export type { ConnectOptions, IPCClientOptions, IPCServerOptions } from "./options.ts";
export type { CallContext, HandleOptions } from "./handlers.ts";
export type { InvokeOptions } from "./outbound-call.ts";
export type { CallError, Outcomes } from "./invoke-all.ts";
export type { ListenOptions } from "./socket-events.ts";
export type { FlushOptions } from "./flush.ts";
export type { HandOverOptions, StartOptions } from "./server-link.ts";
export type { ServerStats } from "./server-stats.ts";
export { connectOrServe, type ConnectOrServeOptions } from "./connect-or-serve.ts";
export type { Membership } from "./membership.ts";
export type { ClientLifecycle, ClientMeta, ServerLifecycle } from "./lifecycle-events.ts";
export type { SocketLifecycle } from "./lifecycle-events.ts";
export type { Middleware } from "./middleware.ts";
export type { AnyEvents, DataArgument, DataOf, EventMap, EventName, ReplyOf } from "./event-map.ts";
export type { Schemas, StandardSchema } from "./schema.ts";
export type { ErrorDiagnostic } from "./diagnostics.ts";
export type { CallDiagnostic, ConnectionDiagnostic, MessageDiagnostic } from "./diagnostics.ts";
export type { SessionDiagnostic } from "./diagnostics.ts";
export {
  ProtocolError,
  RemoteError,
  type CloseReason,
  type Codec,
  type EmitOptions,
  type Lost,
  type LostEvent,
  type ProtocolErrorCode,
  type Sender,
  type SessionEnd,
  type SessionStats,
  type SlowConsumerPolicy,
} from "@ipc/protocol";
export { TransportError, type TransportErrorCode } from "@ipc/transport";
export { CryptoError, type CryptoErrorCode } from "@ipc/crypto";
export { FramingError, type FramingErrorCode } from "@ipc/framing";

// For those who bring their own carrier.
export type { Connection, ConnectionHandler, Listener, Transport } from "@ipc/transport";
