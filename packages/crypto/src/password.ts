import { CryptoError } from "./error.ts";
import { pbkdf2Sha256 } from "./primitives.ts";

/** Most bytes of a password after preparation: room for any key file, far from what blocks a process. */
export const MAX_PASSWORD_BYTES = 65_536;

/** PBKDF2's iteration count: fixed, so that it cannot be lowered on a wire or in a file. */
const PBKDF2_ITERATIONS = 200_000;

/** The most computations that run at once: half of libuv's four threads stay free for files and names. */
const PBKDF2_CONCURRENCY = 2;

/**
 * The bytes a password stands for, in memory of their own that the caller may overwrite.
 *
 * A string is prepared as an OpaqueString (RFC 8265, 4.2.2): non-ASCII spaces become U+0020, then NFC.
 * Refused are the empty one, control characters and lone surrogates. Unassigned code points pass,
 * because what is assigned differs between versions of Node. Bytes are taken as they are.
 *
 * Throws `IPC_PASSWORD_INVALID`.
 */
export function preparePassword(password: string | Uint8Array): Buffer {
  const prepared =
    typeof password === "string" ? prepareText(password) : Buffer.from(copyOf(password));
  if (prepared.length === 0) refuse("it is empty");
  if (prepared.length > MAX_PASSWORD_BYTES) {
    prepared.fill(0);
    refuse(`it is longer than ${MAX_PASSWORD_BYTES} bytes`);
  }
  return prepared;
}

function prepareText(password: string): Buffer {
  if (password.length > MAX_PASSWORD_BYTES) refuse(`it is longer than ${MAX_PASSWORD_BYTES} bytes`);
  if (/\p{Cc}/u.test(password)) refuse("it has a control character, such as a line feed, in it");
  if (/\p{Surrogate}/u.test(password)) refuse("it has half of a surrogate pair in it");
  return Buffer.from(password.replaceAll(/\p{Zs}/gu, " ").normalize("NFC"), "utf8");
}

function copyOf(password: unknown): Uint8Array {
  if (!isBytes(password)) refuse("it is neither a string nor a Uint8Array");
  // Buffer.from(bytes) may take its memory from the pool all buffers share; a secret gets its own.
  return Uint8Array.from(password);
}

// By its tag, since bytes may be of another realm.
function isBytes(value: unknown): value is Uint8Array {
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]"
  );
}

function refuse(reason: string): never {
  throw new CryptoError("IPC_PASSWORD_INVALID", { reason });
}

/** A gate that lets a number of asynchronous tasks run at once and the others wait in order of arrival. */
export class ConcurrencyGate {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** `limit` is how many tasks run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the task when there is room for it, and settles as it does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await task();
    } finally {
      // The place is handed on, not freed: a task that comes now cannot take it from those that wait.
      const next = this.#takeNext();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #takeNext(): (() => void) | undefined {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      return next;
    }
    return undefined;
  }
}

// The thread pool is the process's, so the gate in front of it is as well.
const gate = new ConcurrencyGate(PBKDF2_CONCURRENCY);

/**
 * PBKDF2-HMAC-SHA256 with 200,000 iterations to 32 bytes: about 40 ms of a pool thread, not of the
 * event loop. A third computation waits until one of two has ended.
 */
export async function stretchPassword(password: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return gate.run(async () => pbkdf2Sha256(password, salt, PBKDF2_ITERATIONS));
}
