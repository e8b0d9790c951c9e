export {
  type Blame,
  ProtocolError,
  type ProtocolErrorCode,
  type ProtocolErrorOptions,
  quoted,
} from "./error.ts";
export type { CloseReason } from "./close-reason.ts";
export { Session } from "./session.ts";
export type { SessionOptions } from "./session.ts";
export type { SessionSink } from "./session/inbox.ts";
export type { SessionStats } from "./session/session-view.ts";
export type { SessionEnd } from "./session/session-end.ts";
export type { Phase } from "./session/session-state.ts";
export { defaultLimits, type SessionLimits } from "./limits.ts";
export type { EncodedCall } from "./messages/message-encoder.ts";
export { EncodedMessage, MessageEncoder } from "./messages/message-encoder.ts";
export { assertEventName, isReservedEvent } from "./messages/event-name.ts";
export type { Refusal } from "./messages/control.ts";
export type { Hello, Welcome } from "./messages/hello.ts";
export type { ByteWriter } from "./opening/connection-writer.ts";
export type { EmitOptions } from "./outbox/emit-options.ts";
export { adviseOption, isOptions, type OptionNames, unknownOption } from "./known-options.ts";
export { isBytes, isError } from "./realms.ts";
export type { Lost, LostEvent } from "./outbox/undelivered.ts";
export type { SlowConsumerPolicy } from "./outbox/slow-consumer.ts";
export type { Calls } from "./calls/exchange.ts";
export { allFeatures, type Feature } from "./opening/preface.ts";
export type { RecoveryGrant, RecoveryRequest } from "./messages/recovery.ts";
export type { Readmission } from "./session/succession.ts";
export type { Codec } from "./serialization/codec-serialization.ts";
export type { Serialization } from "./serialization/serialization.ts";
export { serializationOf, type SerializationChoice } from "./serialization/serialization-of.ts";
export { Queue } from "./queue.ts";
export type { Batch } from "./outbox/batch.ts";
export type { Unsent } from "./outbox/undelivered.ts";
export { type Role, wireVersion } from "./opening/preface.ts";
export type { SessionSecurity } from "./opening/opening.ts";
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
