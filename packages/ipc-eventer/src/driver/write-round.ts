import { realTime } from "@ipc/transport";

/** Turns of the loop in which all are written to that wait at one time. */
const turns = 16;

/** Sessions written to in one turn, if so many wait: some hundredths of a millisecond. */
const leastPerTurn = 16;

/** A session that has something to write. */
export interface RoundMember {
  /** Write everything out. */
  handleTurn(): void;
}

/**
 * The sessions in which an event for many waits, each until its turn.
 *
 * A crowd is written to in several turns of the loop. What is emitted to a session meanwhile joins
 * what waits there: the more there is to do, the fewer the writes, and the larger.
 */
export class WriteRound {
  /** The sessions of this round, and those that wait for the next. */
  #members: RoundMember[] = [];
  #next = 0;
  #end = 0;
  #perTurn = leastPerTurn;

  /** Add a session that is not in the round. */
  add(member: RoundMember): void {
    this.#members.push(member);
    if (this.#members.length === 1) realTime.nextTick(turn, this);
  }

  /** Write to those whose turn it is. */
  handleTurn(): void {
    if (this.#next === this.#end) this.#begin();
    const end = Math.min(this.#next + this.#perTurn, this.#end);
    try {
      while (this.#next < end) this.#members[this.#next++]?.handleTurn();
    } finally {
      if (this.#next < this.#members.length) realTime.setImmediate(turn, this);
      else this.#clear();
    }
  }

  #begin(): void {
    this.#members = this.#members.slice(this.#next);
    this.#next = 0;
    this.#end = this.#members.length;
    this.#perTurn = Math.max(leastPerTurn, Math.ceil(this.#end / turns));
  }

  #clear(): void {
    this.#members = [];
    this.#next = 0;
    this.#end = 0;
  }
}

// A shared function with the round as argument: no closure per turn.
function turn(round: WriteRound): void {
  round.handleTurn();
}
