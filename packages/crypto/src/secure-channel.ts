import type { RecordOpener } from "./record-opener.ts";
import type { RecordSealer } from "./record-sealer.ts";

/** The result of a handshake: the two halves of an encrypted channel. */
export interface SecureChannel {
  readonly sealer: RecordSealer;
  readonly opener: RecordOpener;
}
