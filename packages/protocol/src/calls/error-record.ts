/** What of an error crosses to the peer. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly stack?: string | undefined;
  /** `{ error }` for a cause that is an error itself, `{ value }` for any other. */
  readonly cause?: CauseRecord | undefined;
  /** The error's own enumerable members, as far as JSON has a text for each. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** What of an error's cause crosses. */
export type CauseRecord = { readonly error: ErrorRecord } | { readonly value: unknown };

/** Causes of causes that cross with an error. */
export const maxCauses = 8;
