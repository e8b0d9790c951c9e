import type { CaseResult } from "./case-result.ts";
import type { Machine } from "./machine.ts";
import type { LimitResult } from "./measure-limits.ts";
import type { Plan } from "./plan.ts";

/** Everything a run found out: what the tables show and what the result file holds. */
export interface Result {
  /** ISO 8601. */
  started: string;
  machine: Machine;
  /** Version of the Node.js that ran the contenders. */
  node: string;
  plan: Plan;
  contenders: { name: string; version: string }[];
  limits: LimitResult[];
  cases: CaseResult[];
}
