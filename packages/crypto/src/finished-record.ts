import { CryptoError } from "./crypto-error.ts";
import { FINISHED_BYTES } from "./key-schedule.ts";
import { equalSecrets } from "./primitives.ts";
import {
  RECORD_BODY_OVERHEAD,
  RECORD_TYPE,
  checkBodyLength,
  openRecord,
  recordHeader,
  sealRecord,
} from "./record.ts";
import type { TrafficKey } from "./traffic-key.ts";

/** Bytes of the body of the only record there is before authentication. */
export const FINISHED_RECORD_BODY: number = FINISHED_BYTES + RECORD_BODY_OVERHEAD;

/** The whole record that carries this side's Finished; its key is gone afterwards. */
export function sealFinished(key: TrafficKey, finished: Uint8Array): Buffer {
  const record = sealRecord(key, RECORD_TYPE.handshake, finished);
  key.drop();
  return record;
}

/**
 * Verifies that a record's body is the peer's Finished over this transcript, and returns it.
 *
 * Its key is gone afterwards. Throws `IPC_AUTHENTICATION_FAILED` for whatever is not that record: a
 * wrong password, a wrong realm and an altered byte cannot be told apart.
 */
export function openFinished(
  key: TrafficKey,
  body: Uint8Array,
  transcriptHash: Uint8Array,
): Buffer {
  try {
    const expected = key.finished(transcriptHash);
    checkBodyLength(body.length, FINISHED_RECORD_BODY);
    const plaintext = openRecord(key, recordHeader(body.length), body);
    const finished = plaintext.subarray(0, -1);
    if (plaintext.at(-1) === RECORD_TYPE.handshake && equalSecrets(finished, expected)) {
      return finished;
    }
  } catch {
    // A Finished under another password cannot be opened: "altered" would be the wrong word for it.
  } finally {
    key.drop();
  }
  throw new CryptoError("IPC_AUTHENTICATION_FAILED", undefined);
}
