import { describe, expect, test } from "vitest";
import { checkDirectory } from "./directory.ts";
import type { Place } from "./endpoint.ts";
import type { FileFacts } from "./file-facts.ts";

const directory: FileFacts = {
  type: "directory",
  uid: 1000,
  mode: 0o700,
  identity: "1:1",
  age: 0,
  contentAge: 0,
};

function check(origin: Place["origin"], facts: Partial<FileFacts>): () => void {
  const place: Place = { directory: "/d", path: "/d/a", claim: "/d/l", origin };
  return () => checkDirectory({ ...directory, ...facts }, place, 1000, [1000, 0]);
}

describe("given a directory of ours", () => {
  test("accepts it when it is private", () => {
    expect(check("default", {})).not.toThrow();
  });

  test.each<[string, Partial<FileFacts>]>([
    ["is no directory", { type: "symlink" }],
    ["is no directory", { type: "other" }],
    ["belongs to user 0", { uid: 0 }],
    ["belongs to user 1001", { uid: 1001 }],
    ["is open to others", { mode: 0o710 }],
    ["is open to others", { mode: 0o701 }],
    ["is open to others", { mode: 0o1777 }],
  ])("refuses it when it %s: %j", (problem, facts) => {
    expect(check("default", facts)).toThrow(`The directory /d ${problem}`);
  });
});

describe.each(["chosen", "absolute"] as const)("given a directory that is %s", (origin) => {
  test.each<Partial<FileFacts>>([{}, { mode: 0o755 }, { uid: 0 }, { uid: 0, mode: 0o1777 }])(
    "accepts it when only its owner can change what is in it: %j",
    (facts) => {
      expect(check(origin, facts)).not.toThrow();
    },
  );

  test.each<[string, Partial<FileFacts>]>([
    ["is no directory", { type: "symlink" }],
    ["belongs to user 1001", { uid: 1001 }],
    ["may be written by others", { mode: 0o770 }],
    ["may be written by others", { mode: 0o702 }],
  ])("refuses it when it %s: %j", (problem, facts) => {
    expect(check(origin, facts)).toThrow(`The directory /d ${problem}`);
  });
});
