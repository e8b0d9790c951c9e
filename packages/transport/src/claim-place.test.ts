import { describe, expect, test } from "vitest";
import { obvious, oneOwner, oneRemains, starter, sweeper } from "../test/claim-programs.ts";
import { type Check, type Exploration, explore, type Program } from "../test/explore.ts";
import { ModelWorld, type WorldTraits } from "../test/model-world.ts";

const leavesNothing: Check = (world, processes, ended) =>
  ended && world.paths.length > 1
    ? `left: ${world.paths.join(" ")}`
    : oneOwner(world, processes, ended);

function run(
  title: string,
  programs: Program[],
  setUp: Setting = {},
  check = oneOwner,
): Exploration {
  const world = new ModelWorld(setUp.traits ?? {});
  for (const path of setUp.dead ?? []) world.addDead(path);
  const found = explore(world, programs, check);
  process.stdout.write(`claim model: ${title}: ${found.states} states, ${found.ends} ends\n`);
  return found;
}

interface Setting {
  readonly traits?: WorldTraits;
  readonly dead?: readonly string[];
}

const stale = ["/D/p", "/D/l/d00000000000"];

describe("given every interleaving of two starters", { timeout: 120_000 }, () => {
  test("has exactly one winner in an empty directory", () => {
    const { violation, ends } = run("two starters", [starter("a"), starter("b")]);
    expect(violation).toBe(undefined);
    expect(ends).toBeGreaterThan(1);
  });

  test("has exactly one winner over a stale socket", () => {
    const setUp = { dead: stale };
    expect(run("over a stale socket", [starter("a"), starter("b")], setUp).violation).toBe(
      undefined,
    );
  });

  test("never has two when either dies at any step", () => {
    const programs = [starter("a", { mortal: true }), starter("b", { mortal: true })];
    expect(run("with deaths", programs, { dead: stale }).violation).toBe(undefined);
  });

  test("never has two when winners close at once, and leaves no file in the end", () => {
    const programs = [starter("a", { closes: true }), starter("b", { closes: true })];
    expect(run("closing", programs, { dead: stale }, leavesNothing).violation).toBe(undefined);
  });

  test("never has two when one closes and either dies", () => {
    const programs = [
      starter("a", { mortal: true, closes: true }),
      starter("b", { mortal: true, closes: true }),
    ];
    expect(run("closing with deaths", programs, { dead: stale }).violation).toBe(undefined);
  });

  test("never has two when each takes the other's directory for an orphan", () => {
    const programs = [
      starter("a", { mortal: true, sweeps: true }),
      starter("b", { mortal: true, sweeps: true }),
    ];
    const setUp = { dead: [...stale, "/D/.e00000000000/e00000000000"] };
    expect(run("sweeping orphans", programs, setUp).violation).toBe(undefined);
  });

  test("never has two on a file system without hard links", () => {
    const programs = [starter("a", { mortal: true, closes: true }), starter("b")];
    const setUp = { dead: stale, traits: { hardLinks: false } };
    expect(run("without hard links", programs, setUp).violation).toBe(undefined);
  });

  test("never has two where a full backlog refuses, by the lock", () => {
    const wishes = { locks: true, mortal: true, closes: true };
    const setUp = { dead: stale, traits: { busyRefuses: true } };
    const found = run(
      "busy refuses, with the lock",
      [starter("a", wishes), starter("b", wishes)],
      setUp,
    );
    expect(found.violation).toBe(undefined);
  });

  test("has two there without the lock: the model can fail", () => {
    const setUp = { traits: { busyRefuses: true } };
    const found = run("busy refuses, no lock", [starter("a"), starter("b")], setUp);
    expect(found.violation?.problem).toMatch(/two winners|removed/u);
  });
});

describe("given every interleaving of three starters", { timeout: 120_000 }, () => {
  test("has exactly one winner over a stale socket", () => {
    const programs = [starter("a"), starter("b"), starter("c")];
    expect(run("three over a stale socket", programs, { dead: stale }).violation).toBe(undefined);
  });

  test("has at most one winner when the first closes meanwhile", () => {
    const programs = [starter("a", { closes: true }), starter("b"), starter("c")];
    expect(run("three, one closing", programs).violation).toBe(undefined);
  });
});

describe("given a sweeper of temporary directories", { timeout: 120_000 }, () => {
  test.each([
    ["everything", ["/D/p", "/D/l/a00000000000"]],
    ["the public path", ["/D/p"]],
    ["the claim", ["/D/l/a00000000000"]],
  ])("leaves one reachable owner after %s was swept, though others start", (what, paths) => {
    const owner = starter("a", { ahead: true, renews: true });
    const programs = [owner, sweeper(...paths), starter("b"), starter("c")];
    const found = run(`${what} swept`, programs, {}, oneRemains);
    expect(found.violation).toBe(undefined);
  });
});

describe("given the obvious variant: probe, unlink, listen", { timeout: 120_000 }, () => {
  test("finds two winners in the same model", () => {
    const found = run("obvious variant", [obvious("a"), obvious("b")], { dead: ["/D/p"] });
    expect(found.violation?.problem).toMatch(/two winners|removed|does not reach/u);
    expect(found.violation?.trace.length).toBeGreaterThan(4);
  });
});
