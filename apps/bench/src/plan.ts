/** The extent of the measurement. */
export interface Plan {
  /** Rounds of each contender in each case that count. */
  readonly rounds: number;
  /** Rounds before those, for the compiler to settle; they do not count. */
  readonly warmUps: number;
  /** Part of a case's operations that one round has. */
  readonly share: number;
}

/** Many short rounds: what disturbs the machine for a second then spoils few of them. */
export const fullPlan: Plan = { rounds: 11, warmUps: 3, share: 1 };

/** Shows in seconds that everything works; its numbers say little. */
export const quickPlan: Plan = { rounds: 1, warmUps: 0, share: 0.02 };
