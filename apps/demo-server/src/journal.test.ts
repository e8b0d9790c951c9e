import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Entry, Journal } from "./journal.ts";
import { Ledger } from "./ledger.ts";

const counts = { bytes: 10, lines: 2, words: 3 };
const entries: Entry[] = [
  { kind: "files", paths: ["a.ts", "b.ts", "c", "d.md"] },
  { kind: "result", worker: "one", path: "a.ts", ...counts },
  { kind: "returned", worker: "two", files: 2 },
  { kind: "result", worker: "one", path: "b.ts", ...counts },
  { kind: "repeat", path: "b.ts" },
  { kind: "gone", path: "c" },
];

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-test-"));
  file = join(folder, "journal.jsonl");
  const journal = new Journal(file);
  for (const entry of entries) journal.append(entry);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("given a manager that crashed", () => {
  it("remembers every entry in the next process", () => {
    expect(new Journal(file).read()).toEqual(entries);
  });

  it("forgets a line that was not written whole, and goes on behind the last whole one", () => {
    appendFileSync(file, '{"kind":"gone","pa');
    const journal = new Journal(file);
    expect(journal.read()).toEqual(entries);
    journal.append({ kind: "gone", path: "d.md" });
    expect(journal.read()).toEqual([...entries, { kind: "gone", path: "d.md" }]);
  });

  it("knows from the journal what is open and what was counted", () => {
    const ledger = new Ledger();
    for (const entry of new Journal(file).read()) ledger.add(entry);
    expect(ledger.open).toEqual(["d.md"]);
    expect(ledger.summary()).toEqual({
      total: 4,
      endings: [{ name: ".ts", files: 2, bytes: 20, lines: 4, words: 6 }],
      workers: [{ name: "one", files: 2, bytes: 20, lines: 4, words: 6 }],
      returned: [{ worker: "two", files: 2 }],
      repeats: 1,
      gone: 1,
      wrong: [],
    });
  });
});

it("begins empty without a file", () => {
  expect(new Journal(join(folder, "other.jsonl")).read()).toEqual([]);
});
