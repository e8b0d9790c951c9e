import type { ClientEnd, Feature, ServerEnd } from "./contender.ts";

/** One thing to measure: what the server does for it, and one round of it in the client. */
export interface Case {
  /** Unique; also the event's name, so that no case hears another's events. */
  readonly name: string;
  readonly title: string;
  readonly needs: readonly Feature[];
  /** What a round measures, besides the processor time that is taken of every round. */
  readonly metrics: readonly Metric[];
  /** Operations in one round: a round trip or an event each. */
  readonly operations: number;
  serve<Peer>(server: ServerEnd<Peer>): void;
  /** Installs the client's listeners, once. */
  prepare(client: ClientEnd): Round;
}

/** Runs one round and resolves with a value for each metric, by its key. */
export type Round = (operations: number) => Promise<Record<string, number>>;

/** A column of a case's table. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly better: "lower" | "higher";
}
