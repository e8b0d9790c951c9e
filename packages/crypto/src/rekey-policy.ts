import { checkOptions, type OptionNames } from "./check-options.ts";
import { checkLimit } from "./check-limit.ts";
import { MAX_RECORDS_PER_KEY } from "./traffic-key.ts";

/** Most bytes of content under one key, 1 GiB, after which the sender updates it. */
const MAX_BYTES_PER_KEY = 2 ** 30;

/**
 * When a sender updates its key, whichever comes first; the defaults are the upper bounds. The peer takes 2,048 keys
 * that seal fewer than 1,024 records and 64 KiB: smaller values of both are for tests.
 */
export interface RekeyPolicy {
  /** Records under one key, the update among them: 2 to 2^20. */
  readonly recordsPerKey?: number;
  /** Bytes of content after which the next record goes under a new key: 1 to 2^30. */
  readonly bytesPerKey?: number;
}

const policyNames: OptionNames<RekeyPolicy> = { recordsPerKey: true, bytesPerKey: true };

/** The policy with its defaults filled in; throws `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`. */
export function checkRekeyPolicy(policy: RekeyPolicy): Required<RekeyPolicy> {
  checkOptions("A rekey policy", policy, policyNames);
  const { recordsPerKey = MAX_RECORDS_PER_KEY, bytesPerKey = MAX_BYTES_PER_KEY } = policy;
  return {
    recordsPerKey: checkLimit("recordsPerKey", recordsPerKey, 2, MAX_RECORDS_PER_KEY),
    bytesPerKey: checkLimit("bytesPerKey", bytesPerKey, 1, MAX_BYTES_PER_KEY),
  };
}
