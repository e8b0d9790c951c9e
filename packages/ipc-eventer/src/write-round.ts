/** Sessions written to in one turn of the loop, at least: some hundredths of a millisecond. */
const sessionsPerTurn = 16;

/** Milliseconds after which whoever waits is written to, however many wait: twice that at most. */
const patience = 5;

/** A session that has something to write. */
export interface RoundMember {
  /** Write everything out. */
  handleTurn(): void;
}

/**
 * The sessions in which an event for many waits, each until its turn.
 *
 * A crowd is written to in several turns of the loop. What is emitted to a session meanwhile joins
 * what waits there: the more there is to do, the fewer the writes, and the larger. A loop whose turns
 * are long does not make the crowd wait for many of them.
 */
export class WriteRound {
  #members: RoundMember[] = [];
  #next = 0;
  /** Those before this one have their turn at the latest at `#dueAt`. */
  #dueEnd = 0;
  #dueAt = Infinity;

  /** Add a session that is not in the round. */
  add(member: RoundMember): void {
    this.#members.push(member);
    if (this.#members.length === 1) process.nextTick(turn, this);
  }

  /** Write to those whose turn it is. */
  handleTurn(): void {
    const now = performance.now();
    const due = now >= this.#dueAt ? this.#dueEnd : 0;
    const end = Math.min(Math.max(this.#next + sessionsPerTurn, due), this.#members.length);
    try {
      while (this.#next < end) this.#members[this.#next++]?.handleTurn();
    } finally {
      this.#goOn(now);
    }
  }

  #goOn(now: number): void {
    if (this.#next === this.#members.length) {
      this.#members = [];
      this.#next = 0;
      this.#dueEnd = 0;
      return;
    }
    if (this.#next >= this.#dueEnd) {
      this.#members = this.#members.slice(this.#next);
      this.#next = 0;
      this.#dueEnd = this.#members.length;
      this.#dueAt = now + patience;
    }
    setImmediate(turn, this);
  }
}

// A shared function with the round as argument: no closure per turn.
function turn(round: WriteRound): void {
  round.handleTurn();
}
