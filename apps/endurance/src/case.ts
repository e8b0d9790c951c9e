import type { Stage } from "./stage.ts";

/** The length of a case: `short` takes seconds and is for every commit, `long` is for the record. */
export type Form = "short" | "long";

/** The surroundings in which a case runs. */
export interface Setting {
  readonly form: Form;
  /** Chance is drawn from it; moments are the machine's, so a run is alike, not the same. */
  readonly seed: number;
  readonly stage: Stage;
}

/** A row of a case's table. All rows of a table have the same columns. */
export type Row = Readonly<Record<string, string | number>>;

/** The outcome of a case. */
export interface Outcome {
  readonly rows: readonly Row[];
  /** One sentence for each promise that was broken. */
  readonly broken: readonly string[];
}

/** A promise of the library, and the program that tries it. */
export interface Case {
  readonly name: string;
  readonly promise: string;
  run(setting: Setting): Promise<Outcome>;
}
