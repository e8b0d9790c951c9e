/**
 * The files that wait, and those that each worker has in hand.
 *
 * ```
 *  waiting ── take ──> in hand of one or more ── settle ──> off the board
 *     ^─────── giveBack, by the last one ───────┘
 * ```
 *
 * Two workers can have the same file in hand: one that lost sight of the manager, and one that got
 * it meanwhile. The first report settles it.
 */
export class JobBoard {
  readonly #waiting: Set<string>;
  readonly #hands = new Map<string, Set<string>>();

  constructor(paths: Iterable<string>) {
    this.#waiting = new Set(paths);
  }

  /** The most files that a worker has at a time. */
  holding(worker: string): number {
    return this.#hands.get(worker)?.size ?? 0;
  }

  /** Give a worker the next file that waits, if one does. */
  take(worker: string): string | undefined {
    for (const path of this.#waiting) {
      this.hold(worker, path);
      return path;
    }
    return undefined;
  }

  /** Note that a worker has a file in hand. */
  hold(worker: string, path: string): void {
    this.#waiting.delete(path);
    const hand = this.#hands.get(worker) ?? new Set();
    this.#hands.set(worker, hand.add(path));
  }

  /** Take a file off the board. */
  settle(path: string): void {
    this.#waiting.delete(path);
    for (const hand of this.#hands.values()) hand.delete(path);
  }

  /** Let one file wait again, whichever worker had it. */
  putBack(path: string): void {
    this.settle(path);
    this.#waiting.add(path);
  }

  /** A worker has gone: answers its files that no other worker has in hand, which now wait again. */
  giveBack(worker: string): string[] {
    const hand = this.#hands.get(worker) ?? new Set();
    this.#hands.delete(worker);
    const orphans = [...hand].filter((path) => !this.#isHeld(path));
    for (const path of orphans) this.#waiting.add(path);
    return orphans;
  }

  #isHeld(path: string): boolean {
    return [...this.#hands.values()].some((hand) => hand.has(path));
  }
}
