import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Report } from "./contract.ts";
import { judgeReport } from "./judge-report.ts";

let folder: string;
let report: Report;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "judge-test-"));
  writeFileSync(join(folder, "a"), "hello\n");
  report = {
    path: "a",
    sha256: createHash("sha256").update("hello\n").digest(),
    modified: statSync(join(folder, "a")).mtimeMs,
    bytes: 6,
    lines: 1,
    words: 1,
  };
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("given a report", () => {
  it("accepts the hash of the file", async () => {
    const counts = { bytes: 6, lines: 1, words: 1 };
    const verdict = await judgeReport(report, "one", folder);
    expect(verdict).toEqual({ kind: "result", worker: "one", path: "a", ...counts });
  });

  it("finds any other hash wrong", async () => {
    const verdict = await judgeReport({ ...report, sha256: Buffer.alloc(32) }, "one", folder);
    expect(verdict).toMatchObject({ kind: "wrong", worker: "one", path: "a" });
  });

  it("has a file counted again that was changed meanwhile", async () => {
    writeFileSync(join(folder, "a"), "other\n");
    utimesSync(join(folder, "a"), 1, 1);
    expect(await judgeReport(report, "one", folder)).toBe("changed");
  });

  it("settles a file that is gone", async () => {
    rmSync(join(folder, "a"));
    expect(await judgeReport(report, "one", folder)).toEqual({ kind: "gone", path: "a" });
  });
});
