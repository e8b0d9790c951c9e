import type { Summary, Tally } from "@ipc-apps/demo-server/contract";
import { workerNames } from "./cast.ts";
import { victim } from "./plot.ts";

/** Most wrong files that are named one by one. */
const named = 5;

/** Everything that is wrong with the outcome of a run, one sentence each; empty if all is well. */
export function findFaults(
  summary: Summary,
  plotIsOver: boolean,
  kept: ReadonlySet<string>,
): string[] {
  const { total, endings, workers, gone, wrong, returned } = summary;
  const faults = wrong
    .slice(0, named)
    .map(({ path, worker, why }) => `${path}, counted by ${worker}: ${why}`);
  if (wrong.length > named) faults.push(`${wrong.length - named} more files are wrong`);
  for (const tallies of [endings, workers]) {
    const accounted = filesOf(tallies) + gone + wrong.length;
    if (accounted !== total) faults.push(`${accounted} files are accounted for, of ${total}`);
  }
  if (!plotIsOver) {
    faults.push("the work was over too soon: choose a larger folder, or more IPC_DEMO_SECONDS");
  } else if (!returned.some(({ worker }) => worker === victim)) {
    faults.push(`nothing of ${victim} was handed out again`);
  }
  for (const name of workerNames) {
    if (plotIsOver && name !== victim && !kept.has(name)) {
      faults.push(`${name} did not come back under its id`);
    }
  }
  return faults;
}

function filesOf(tallies: readonly Tally[]): number {
  return tallies.reduce((files, tally) => files + tally.files, 0);
}
