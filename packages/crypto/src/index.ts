export { seal } from "./seal.ts";
export type { SealOptions } from "./seal.ts";
export { open } from "./open.ts";
export type { OpenOptions } from "./open.ts";
export { SecureStream } from "./secure-stream.ts";
export type { SecureStreamOptions, SecureStreamOutput } from "./secure-stream.ts";
export { PasswordKeys } from "./password-keys.ts";
export { PasswordKey } from "./password-key.ts";
export { Initiator } from "./initiator.ts";
export { AwaitingServerFinished } from "./awaiting-server-finished.ts";
export type { InitiatorResult } from "./awaiting-server-finished.ts";
export { Responder } from "./responder.ts";
export type { ResponderFlight } from "./responder.ts";
export { AwaitingClientFinished } from "./awaiting-client-finished.ts";
export type { SecureChannel } from "./secure-channel.ts";
export { RecordSealer } from "./record-sealer.ts";
export { RecordOpener } from "./record-opener.ts";
export type { RekeyPolicy } from "./rekey-policy.ts";
export { HandshakeLimiter } from "./handshake-limiter.ts";
export type { HandshakeLimiterOptions } from "./handshake-limiter.ts";
export { CryptoError } from "./crypto-error.ts";
export type { Blame, CryptoErrorCode, CryptoErrorContexts } from "./crypto-error.ts";

export { KeyShare, SHARE_BYTES } from "./key-share.ts";
export type { PrefaceExchange, Role } from "./key-share.ts";
export { FINISHED_RECORD_BODY } from "./finished-record.ts";
export {
  MAX_RECORD_BODY,
  MAX_RECORD_CONTENT,
  RECORD_HEADER_BYTES,
  RECORD_PREFIX,
} from "./record.ts";
export { TokenBucket } from "./token-bucket.ts";
export type { TokenBucketOptions } from "./token-bucket.ts";
