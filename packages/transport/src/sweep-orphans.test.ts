import { describe, expect, test } from "vitest";
import { place } from "../test/claim-programs.ts";
import { play } from "../test/script.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Outcome } from "./operations.ts";
import { ORPHAN_AGE, sweepOrphans } from "./sweep-orphans.ts";

const name = "0123456789ab";
const orphan: FileFacts = {
  type: "directory",
  uid: 1000,
  mode: 0o700,
  identity: "1:1",
  age: ORPHAN_AGE,
  contentAge: 0,
};

/** Sweep a directory of one file with such facts, and list the calls that change something. */
function changes(file: string, facts: FileFacts, answer: Outcome): string[] {
  const starter = { uid: 1000, mode: 0o600, locks: false, freshName: () => name };
  const { made } = play(sweepOrphans(place, starter), {
    readdir: { names: [file, "other"] },
    lstat: { facts },
    connect: answer,
  });
  return made.filter((call) => !/^(readdir|lstat|connect) /u.test(call));
}

const dead = { code: "ECONNREFUSED" };

describe("given a private directory", () => {
  test("moves it aside and empties it when it is a minute old and its socket is dead", () => {
    expect(changes(`.${name}`, orphan, dead)).toEqual([
      `rename /D/.${name}`,
      `unlink /D/.${name}x/${name}`,
      `rmdir /D/.${name}x`,
    ]);
    expect(changes(`.${name}`, { ...orphan, age: ORPHAN_AGE + 1 }, dead)).toHaveLength(3);
  });

  test("leaves it while it is younger", () => {
    expect(changes(`.${name}`, { ...orphan, age: ORPHAN_AGE - 1 }, dead)).toEqual([]);
  });

  test("leaves it while its socket lives or may live", () => {
    expect(changes(`.${name}`, orphan, {})).toEqual([]);
    expect(changes(`.${name}`, orphan, { code: "EAGAIN" })).toEqual([]);
  });

  test("leaves what belongs to another user, is no directory, or has no such name", () => {
    expect(changes(`.${name}`, { ...orphan, uid: 1001 }, dead)).toEqual([]);
    expect(changes(`.${name}`, { ...orphan, type: "symlink" }, dead)).toEqual([]);
    expect(changes(`.${name}z`, orphan, dead)).toEqual([]);
    expect(changes(`.${name}0`, orphan, dead)).toEqual([]);
  });

  test("finishes what another sweeper had begun", () => {
    expect(changes(`.${name}x`, orphan, dead)).toEqual([
      `rename /D/.${name}x`,
      `unlink /D/.${name}x/${name}`,
      `rmdir /D/.${name}x`,
    ]);
  });
});
