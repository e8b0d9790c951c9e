import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { countFile } from "./count-file.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "count-test-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ["", 0, 0],
  ["one", 0, 1],
  ["one two\n", 1, 2],
  ["\n\n  indented\tby tabs \r\n", 3, 3],
  // Longer than one read of a file, with words across the cuts.
  ["twelve bytes".repeat(20_000), 0, 20_001],
])("counts and hashes %j as it is", async (text, lines, words) => {
  const file = join(folder, "file");
  writeFileSync(file, text);
  const sha256 = createHash("sha256").update(text).digest();
  const report = await countFile(file, "name");
  expect(report).toMatchObject({ path: "name", sha256, bytes: text.length, lines, words });
});

it("rejects with the system's error for a file that is not there", async () => {
  await expect(countFile(join(folder, "none"), "none")).rejects.toMatchObject({ code: "ENOENT" });
});
