import { checkLimit, checkOptions, type OptionNames } from "./check-options.ts";
import { CryptoError } from "./error.ts";

/** Slowest rate: one token in 1,000 seconds. */
const LEAST_PER_SECOND = 0.001;

/** Most tokens of a bucket and per second: more would limit nothing. */
const MOST_TOKENS = 1_000_000;

/** The size of a bucket and how fast it fills again. */
export interface TokenBucketOptions {
  /** Tokens of a full bucket, a whole number from 1 to 1,000,000. */
  readonly burst: number;
  /** Tokens that are added per second, 0.001 to 1,000,000. */
  readonly perSecond: number;
}

const bucketOptions: OptionNames<TokenBucketOptions> = { burst: true, perSecond: true };

/** A token bucket: a rate limit that allows bursts. Time is passed in, in milliseconds of any clock. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMillisecond: number;
  #tokens: number;
  #at = Number.NEGATIVE_INFINITY;

  /** Begins full. Throws `IPC_LIMIT_INVALID`, `IPC_INVALID_OPTION`. */
  constructor(options: TokenBucketOptions) {
    checkOptions("TokenBucket", options, bucketOptions);
    const { burst, perSecond } = options;
    this.#burst = checkLimit("burst", burst, 1, MOST_TOKENS);
    this.#perMillisecond = checkRate(perSecond) / 1000;
    this.#tokens = burst;
  }

  /** Takes a token if there is a whole one. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Puts a taken token back; the bucket never overflows. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** Milliseconds from `now` until `take` succeeds; 0 if it would at once. */
  timeToNext(now: number): number {
    this.#refill(now);
    return Math.max(0, Math.ceil((1 - this.#tokens) / this.#perMillisecond));
  }

  #refill(now: number): void {
    // A clock that goes backwards gives nothing and takes nothing.
    if (now <= this.#at) return;
    const passed = this.#at === Number.NEGATIVE_INFINITY ? 0 : now - this.#at;
    this.#tokens = Math.min(this.#burst, this.#tokens + passed * this.#perMillisecond);
    this.#at = now;
  }
}

function checkRate(perSecond: number): number {
  const [least, most] = [LEAST_PER_SECOND, MOST_TOKENS];
  // Written so that NaN is refused as well.
  if (!(perSecond >= least && perSecond <= most)) {
    throw new CryptoError("IPC_LIMIT_INVALID", { name: "perSecond", least, most, whole: false });
  }
  return perSecond;
}
