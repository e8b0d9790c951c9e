import type { Entry } from "./contender.ts";
import { reasonAgainstNode } from "./contenders.ts";
import { Limits } from "./limits.ts";
import { Pair } from "./pair.ts";
import type { Stage } from "./stage.ts";

/** The processes of a run. */
export interface Lab {
  readonly stage: Stage;
  readonly limits: Limits;
  readonly entries: readonly Entry[];
  /** The pairs of the contenders that can run and have not failed. */
  readonly pairs: Map<Entry, Pair>;
  /** The failures so far, in words. */
  readonly failures: string[];
}

/** Starts the processes of the limits and of all contenders that can run under this Node.js. */
export async function openLab(entries: readonly Entry[], stage: Stage): Promise<Lab> {
  const lab: Lab = {
    stage,
    limits: await Limits.start(stage),
    entries,
    pairs: new Map(),
    failures: [],
  };
  const able = entries.filter(
    (entry) => reasonAgainstNode(entry, stage.node.version) === undefined,
  );
  await Promise.all(
    able.map(async (entry) => {
      try {
        lab.pairs.set(entry, await Pair.start(entry, stage));
      } catch (error) {
        noteFailure(lab, `${entry.name} does not start`, error);
      }
    }),
  );
  return lab;
}

/** Ends all processes. */
export async function closeLab({ limits, pairs }: Lab): Promise<void> {
  await Promise.all([limits.end(), ...[...pairs.values()].map((pair) => pair.end())]);
}

/** Tells of a failure and keeps it: the run goes on, and fails at its end. */
export function noteFailure({ failures }: Lab, what: string, error: unknown): void {
  failures.push(what);
  console.error(what, error);
}
