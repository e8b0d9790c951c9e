export {
  type Blame,
  ProtocolError,
  type ProtocolErrorCode,
  type ProtocolErrorOptions,
  quoted,
} from "./error.ts";
export type { Bye, CloseReason, Refusal } from "./wire/bye.ts";
export { Session } from "./session.ts";
export type { Readmission, SessionOptions, SessionStats } from "./session.ts";
export { Handshake } from "./wire/handshake.ts";
export type { HandshakeOptions, HandshakePhase, HandshakeSink } from "./wire/handshake.ts";
export type { SessionSink } from "./inbox.ts";
export type { Phase, SessionEnd } from "./session-state.ts";
export { byeMessageBytes, defaultLimits, labelBytes, type SessionLimits } from "./limits.ts";
export type { EncodedCall } from "./wire/message-encoder.ts";
export { EncodedMessage, MessageEncoder } from "./wire/message-encoder.ts";
export { assertEventName, isReservedEvent } from "./wire/event-name.ts";
export type { ByteWriter } from "./wire/connection.ts";
export type { EmitOptions } from "./outbox/emit-options.ts";
export { adviseOption, isOptions, type OptionNames, unknownOption } from "./known-options.ts";
export { isBytes, isError } from "./realms.ts";
export type { Lost, LostEvent } from "./outbox/undelivered.ts";
export type { SlowConsumerPolicy } from "./outbox/slow-consumer.ts";
export type { Calls } from "./calls/calls.ts";
export { allFeatures, type Feature } from "./wire/preface.ts";
export type { Hello, RecoveryGrant, RecoveryRequest, Welcome } from "./wire/hello.ts";
export type { Codec } from "./serialization/codec-serialization.ts";
export type { Serialization, SerializationFactory } from "./serialization/serialization.ts";
export { serializationOf, type SerializationChoice } from "./serialization/serialization-of.ts";
export { Queue } from "./queue.ts";
export { RollingMap } from "./rolling-map.ts";
export type { Batch } from "./outbox/batch.ts";
export type { Unsent } from "./outbox/undelivered.ts";
export { type Role, wireVersions } from "./wire/preface.ts";
export type { SessionSecurity } from "./wire/opening.ts";
export { type ByteBody, isByteBody, type Streamable } from "./streams/streamable.ts";
export type { StreamCarrier } from "./streams/stream-carrier.ts";
export type { InboundStream, StreamReader } from "./streams/inbound-stream.ts";
export type { OutboundStream, StreamSource } from "./streams/outbound-stream.ts";
export type { StreamKind } from "./streams/streamable.ts";
export type { Call } from "./calls/outbound-calls.ts";
export { type CallFailure, type Reply } from "./calls/reply.ts";
export type { CauseRecord, ErrorRecord } from "./calls/remote-error.ts";
export { recordError } from "./calls/record-error.ts";
export { RemoteError } from "./calls/remote-error.ts";
