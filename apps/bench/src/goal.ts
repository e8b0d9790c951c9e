/** The aim for one contender in a case, relative to another or by itself. */
export interface Goal {
  /** The contender whose goal it is. */
  readonly of: string;
  readonly metric: string;
  /** The contender, limit or baseline that it is compared with, in the same rounds. */
  readonly against?: string;
  /** The comparison of two: the one divided by the other, unless the difference counts. */
  readonly by?: "ratio" | "difference";
  /** The bound: the most where less is better, the least where more is. */
  readonly bound: number;
}

/** Our two contenders, by name. */
export const plain = "ipc-eventer";
export const secure = "ipc-eventer + password";
