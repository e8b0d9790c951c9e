import { join } from "node:path";
import type { Report } from "./contract.ts";
import { hashFile } from "./hash-file.ts";
import type { Settlement } from "./journal.ts";

/**
 * Judges a report by the manager's own look at the file: answers the entry that settles the file, or
 * `changed` if the file is no longer what the worker saw, and must be counted again.
 */
export async function judgeReport(
  report: Report,
  worker: string,
  folder: string,
): Promise<Settlement | "changed"> {
  const { path, bytes, lines, words } = report;
  try {
    const own = await hashFile(join(folder, path));
    if (own.modified !== report.modified) return "changed";
    if (own.sha256.equals(report.sha256)) {
      return { kind: "result", worker, path, bytes, lines, words };
    }
    return { kind: "wrong", worker, path, why: "its hash is not the file's" };
  } catch (error) {
    if (isMissing(error)) return { kind: "gone", path };
    return { kind: "wrong", worker, path, why: String(error) };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
