/** How the one contender should stand to the other in a case, or by itself. */
export interface Goal {
  /** The contender whose goal it is. */
  readonly of: string;
  readonly metric: string;
  /** The contender, limit or baseline that it is compared with, in the same rounds. */
  readonly against?: string;
  /** Of two: the one divided by the other, unless it is the difference that counts. */
  readonly by?: "ratio" | "difference";
  /** At most this where less is better, at least this where more is. */
  readonly bound: number;
}

/** Our two contenders, by name. */
export const plain = "ipc-eventer";
export const secure = "ipc-eventer + password";
