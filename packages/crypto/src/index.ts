export { PasswordKeys } from "./password-keys.ts";
export { PasswordKey } from "./password-key.ts";
export {
  AwaitingClientFinished,
  AwaitingServerFinished,
  Initiator,
  Responder,
} from "./handshake.ts";
export type { InitiatorResult, ResponderFlight, SecureChannel } from "./handshake.ts";
export { RecordSealer } from "./record-sealer.ts";
export type { RekeyPolicy } from "./record-sealer.ts";
export { RecordOpener } from "./record-opener.ts";
export { HandshakeLimiter } from "./handshake-limiter.ts";
export type { HandshakeLimiterOptions } from "./handshake-limiter.ts";
export { CryptoError } from "./error.ts";
export type { Blame, CryptoErrorCode, CryptoErrorContexts } from "./error.ts";

export { KeyShare, SHARE_BYTES } from "./key-share.ts";
export type { PrefaceExchange, Role } from "./key-share.ts";
export { FINISHED_RECORD_BODY } from "./handshake.ts";
export {
  MAX_RECORD_BODY,
  MAX_RECORD_CONTENT,
  RECORD_HEADER_BYTES,
  RECORD_PREFIX,
} from "./record.ts";
export { TokenBucket } from "./token-bucket.ts";
export type { TokenBucketOptions } from "./token-bucket.ts";
