import { describe, expect, test } from "vitest";
import { losersFault, place } from "../test/claim-programs.ts";
import { type Check, type Exploration, explore, type Program } from "../test/explore.ts";
import { ModelWorld } from "../test/model-world.ts";
import { failed, play, type Script } from "../test/script.ts";
import { claimPlace, type Starter } from "./claim.ts";
import { type Place, placeBeside } from "./endpoint.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Outcome } from "./operations.ts";
import {
  MAX_LOOKS,
  MAX_REMAINS,
  ORPHAN_AGE,
  REMAINS_AGE,
  sweepOrphans,
  sweepRemains,
} from "./sweep.ts";

describe("given a private directory", () => {
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

const isLong = process.env["IPC_TEST_LONG"] !== undefined;

const own: Place = { directory: "/D", path: "/D/own.sock", claim: "/D/own.l", origin: "default" };
const left = placeBeside(own, "left.sock", "linux");

function starterOf(letter: string): Starter {
  let count = 0;
  return {
    uid: 1000,
    mode: 0o600,
    locks: false,
    freshName: () => `${letter}${count++}`.padEnd(12, "0"),
  };
}

function server(letter: string, mortal = false): Program {
  return { name: letter, mortal, phases: [() => claimPlace(left, starterOf(letter))] };
}

function sweeper(letter: string, mortal = false): Program {
  return { name: letter, mortal, phases: [() => sweepRemains(own, starterOf(letter), "linux")] };
}

/** Checks that at most one server exists and that the public path reaches it; at the end one, if none was killed. */
const oneServer: Check = (world, processes, ended) => {
  const servers = processes.filter(({ name }) => name < "w");
  const winners = servers.filter(({ state }) => state === "done");
  if (winners.length > 1) return "two servers";
  const [winner] = winners;
  if (winner !== undefined && world.listenerAt(left.path) !== winner.name) {
    return `the public path does not reach ${winner.name}`;
  }
  const allFailed = servers.every(({ state }) => state === "failed");
  if (ended && servers.length > 0 && allFailed) return "no server";
  return losersFault(processes);
};

/** Checks that only the directory is left at the end. */
const clean: Check = (world, _, ended) =>
  ended && world.paths.length > 1 ? `left: ${world.paths.join(" ")}` : undefined;

function run(title: string, programs: Program[], check: Check = oneServer): Exploration {
  const world = new ModelWorld({});
  world.addDead(left.path);
  world.addDead(`${left.claim}/d00000000000`);
  const found = explore(world, programs, check);
  process.stdout.write(`remains model: ${title}: ${found.states} states, ${found.ends} ends\n`);
  return found;
}

describe("given every interleaving of a sweeper and the servers whose remains it sweeps", () => {
  test("leaves nothing of a dead server, also when two sweep", () => {
    expect(run("a sweeper", [sweeper("w")], clean).violation).toBe(undefined);
    expect(run("two sweepers", [sweeper("w"), sweeper("x")]).violation).toBe(undefined);
  });

  test("takes no name from a server that starts meanwhile, and removes no living socket", () => {
    expect(run("a server starts", [sweeper("w"), server("a")]).violation).toBe(undefined);
  });

  test("does the same when the sweeper or the server dies", () => {
    const programs = [sweeper("w", true), server("a", true)];
    expect(run("either may die", programs).violation).toBe(undefined);
  });

  // A million states: for the long form of the tests.
  test.skipIf(!isLong)("lets exactly one of two start", { timeout: 600_000 }, () => {
    const programs = [sweeper("w"), server("a"), server("b")];
    expect(run("two servers start", programs).violation).toBe(undefined);
  });
});

describe("given sockets of other names", () => {
  const dead: Script = { connect: failed("ECONNREFUSED") };
  const socket: FileFacts = {
    type: "socket",
    uid: 1000,
    mode: 0o600,
    identity: "1:1",
    age: 0,
    contentAge: REMAINS_AGE,
  };

  /** The paths that were removed, when every socket has such facts and every claim such sockets. */
  function removed(facts: Partial<FileFacts>, script: Script = dead, names = ["e"]): string[] {
    const { made } = play(sweepRemains(own, starterOf("w"), "linux"), {
      readdir: (path) => ({ names: path === "/D" ? ["left.sock"] : names }),
      lstat: { facts: { ...socket, ...facts } },
      ...script,
    });
    return made.filter((call) => call.startsWith("unlink /D/") && !call.includes("w0"));
  }

  test("removes one that is an hour old, ours, refuses, and has a claim", () => {
    expect(removed({})).toEqual([`unlink ${left.claim}/e`, "unlink /D/left.sock"]);
    expect(removed({ contentAge: REMAINS_AGE + 1 })).toHaveLength(2);
  });

  test("leaves one that is younger, another user's, alive, or has no claim", () => {
    expect(removed({ contentAge: REMAINS_AGE - 1 })).toEqual([]);
    expect(removed({ uid: 1001 })).toEqual([]);
    expect(removed({ type: "symlink" })).toEqual([]);
    expect(removed({}, { connect: {} })).toEqual([]);
    expect(removed({}, { connect: failed("EAGAIN") })).toEqual([]);
    expect(removed({}, dead, [])).toEqual([]);
  });

  test("removes nothing when the sweeper cannot hold the name", () => {
    expect(removed({}, { ...dead, mkdir: failed("EACCES") })).toEqual([]);
    expect(removed({}, { ...dead, rename: failed("ENOTEMPTY") })).toEqual([
      `unlink ${left.claim}/e`,
    ]);
  });

  test("sweeps nothing beside an absolute path, whose directory is not ours", () => {
    const absolute: Place = { ...own, origin: "absolute" };
    expect(play(sweepRemains(absolute, starterOf("w"), "linux"), dead).made).toEqual([]);
  });

  test.each([
    [MAX_REMAINS - 1, MAX_REMAINS - 1],
    [MAX_REMAINS, MAX_REMAINS],
    [MAX_REMAINS + 1, MAX_REMAINS],
  ])("of %i names removes %i", (there, gone) => {
    const names = Array.from({ length: there }, (_, index) => `app-${index}.sock`);
    const { made } = play(sweepRemains(own, starterOf("w"), "linux"), {
      readdir: (path) => ({ names: path === "/D" ? names : ["e"] }),
      lstat: { facts: socket },
      ...dead,
    });
    expect(made.filter((call) => call.startsWith("unlink /D/app-"))).toHaveLength(gone);
  });

  test("looks at a bounded number of files", () => {
    const names = Array.from({ length: MAX_LOOKS + 1 }, (_, index) => `app-${index}.sock`);
    const { made } = play(sweepRemains(own, starterOf("w"), "linux"), {
      readdir: (path) => ({ names: path === "/D" ? names : ["e"] }),
      lstat: { facts: { ...socket, contentAge: 0 } },
    });
    expect(made.filter((call) => call.startsWith("lstat"))).toHaveLength(MAX_LOOKS);
  });

  test("removes a dead claim that has lost its socket", () => {
    const { made } = play(sweepRemains(own, starterOf("w"), "linux"), {
      readdir: (path) => ({ names: path === "/D" ? ["0123456789abcdef.l"] : ["e"] }),
      lstat: (path) => ({
        facts: { ...socket, type: path.endsWith(".l") ? "directory" : "socket" },
      }),
      ...dead,
    });
    expect(made.slice(-2)).toEqual([
      "unlink /D/0123456789abcdef.l/e",
      "rmdir /D/0123456789abcdef.l",
    ]);
  });
});
