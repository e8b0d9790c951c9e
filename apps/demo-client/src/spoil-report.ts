import type { Report } from "@ipc-apps/demo-server/contract";

/**
 * A report as a broken worker would send it, so that one can see the demo notice: with a wrong
 * hash for `hash`, none at all for `lose`, as it is for anything else.
 */
export function spoilReport(report: Report, how: string | undefined): Report | undefined {
  if (how === "lose") return undefined;
  if (how === "hash") return { ...report, sha256: Buffer.alloc(report.sha256.length) };
  return report;
}
