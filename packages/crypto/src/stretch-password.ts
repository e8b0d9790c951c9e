import { ConcurrencyGate } from "./concurrency-gate.ts";
import { pbkdf2Sha256 } from "./primitives.ts";

/** PBKDF2's iteration count: fixed, so that it cannot be lowered on a wire or in a file. */
const PBKDF2_ITERATIONS = 200_000;

/** How many computations run at once: half of libuv's four threads stay free for files and names. */
const PBKDF2_CONCURRENCY = 2;

// The thread pool is the process's, so the gate in front of it is as well.
const gate = new ConcurrencyGate(PBKDF2_CONCURRENCY);

/**
 * PBKDF2-HMAC-SHA256 with 200,000 iterations to 32 bytes: about 40 ms of a pool thread, not of the
 * event loop. A third computation waits until one of two has ended.
 */
export async function stretchPassword(password: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return gate.run(async () => pbkdf2Sha256(password, salt, PBKDF2_ITERATIONS));
}
