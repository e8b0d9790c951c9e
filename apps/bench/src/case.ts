import type { Client, Entry, Feature } from "./contender.ts";
import type { Goal } from "./goal.ts";
import type { Limits } from "./limits.ts";
import type { Pair } from "./pair.ts";
import type { Stage } from "./stage.ts";

/** The values of one round of one contender, by metric. */
export type Measurement = Record<string, number>;

/** A scenario that is measured. */
export type Case = PairCase | OwnCase;

interface CaseInfo {
  readonly name: string;
  readonly title: string;
  readonly needs: readonly Feature[];
  /** The first one is the one to go by. Every pair case has the processor time besides. */
  readonly metrics: readonly Metric[];
  readonly goals?: readonly Goal[];
  /** Left out of a quick run, or of every run that does not name it. */
  readonly only?: "full" | "named";
  /** Why a contender does not take part, besides the features it needs. */
  reasonAgainst?(entry: Entry): string | undefined;
}

/** A case on the connected server and client of each contender, which live as long as the run. */
export interface PairCase extends CaseInfo {
  /** Operations in one round: a round trip, an event, a delivery or a connection each. */
  readonly operations: number;
  /** The limits of every contender in this case, measured in each round beside them. */
  readonly limits?: readonly CaseLimit[];
  /** Installs the client's listeners, before it connects; `more` makes further clients. */
  prepare(client: Client, more: () => Client): Prepared;
}

/** A case for which each round starts processes of its own, beside the pair. */
export interface OwnCase extends CaseInfo {
  /** The number of rounds, if fewer than usual are enough. */
  readonly rounds?: number;
  /** A row beside the contenders to compare them with. */
  readonly baseline?: { readonly name: string; round(stage: Stage): Promise<Measurement> };
  round(pair: Pair, stage: Stage): Promise<Measurement>;
}

/** The work of a client in a case. */
export interface Prepared {
  setUp?(): Promise<void>;
  /** Runs one round and resolves with a value for each metric, by its key. */
  round(operations: number): Promise<Measurement>;
  tearDown?(): Promise<void>;
}

/** Something that no contender can beat without leaving something out. */
export interface CaseLimit {
  readonly name: string;
  /** The metric that it bounds. */
  readonly metric: string;
  /** `share` is the part of the work that a round of this run has. */
  readonly measure: (limits: Limits, share: number) => Promise<number>;
}

/** A column of a case's table. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly better: "lower" | "higher";
}

/** Tells whether a case runs on the pairs, rather than starting processes of its own. */
export function isPairCase(benchCase: Case): benchCase is PairCase {
  return "prepare" in benchCase;
}
