export {
  type Blame,
  ProtocolError,
  type ProtocolErrorCode,
  type ProtocolErrorOptions,
} from "./error.ts";
export type { CloseReason } from "./close-reason.ts";
export { Session } from "./session.ts";
export type { SessionOptions } from "./session-options.ts";
export type { SessionSink } from "./session-sink.ts";
export type { SessionStats } from "./session-stats.ts";
export type { SessionEnd } from "./session-end.ts";
export type { Phase } from "./session-state.ts";
export { defaultLimits, type SessionLimits } from "./limits.ts";
export type { EncodedCall } from "./encoded-call.ts";
export { EncodedEvent, EventEncoder } from "./event-encoder.ts";
export { assertEventName, isReservedEvent } from "./event-name.ts";
export type { Hello, Welcome } from "./hello.ts";
export type { ByteWriter } from "./delivery/connection-writer.ts";
export type { EmitOptions } from "./delivery/emit-options.ts";
export { isLane } from "./delivery/lanes.ts";
export type { Lost, LostEvent } from "./delivery/lost.ts";
export type { SlowConsumerPolicy } from "./delivery/slow-consumer-policy.ts";
export type { Calls } from "./calls.ts";
export { allFeatures, type Feature } from "./features.ts";
export type { RecoveryGrant, RecoveryRequest } from "./recovery.ts";
export type { Codec } from "./serialization/codec.ts";
export type { Serialization } from "./serialization/serialization.ts";
export { serializationOf, type SerializationChoice } from "./serialization/serialization-of.ts";
export type { Batch } from "./delivery/batch.ts";
export type { Unsent } from "./delivery/unsent.ts";
export { type Role, wireVersion } from "./preface.ts";
export type { HandshakePermit, SessionSecurity } from "./security.ts";
export type { Streamable } from "./streams/streamable.ts";
export type { StreamCarrier, StreamReader, StreamSource } from "./streams/stream-carrier.ts";
export type { InboundStream } from "./streams/inbound-stream.ts";
export type { OutboundStream } from "./streams/outbound-stream.ts";
export type { StreamKind } from "./streams/stream-kind.ts";
export type { Call } from "./outbound-calls.ts";
export { type CallFailure, failureIn, type Reply } from "./reply.ts";
export type { Relay, Sender } from "./relay/relay.ts";
export type { Relayed } from "./relay/relayed.ts";
export type { CauseRecord, ErrorRecord } from "./error-record.ts";
export { recordError } from "./record-error.ts";
export { RemoteError } from "./remote-error.ts";
