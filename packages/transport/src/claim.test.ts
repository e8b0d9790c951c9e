import { describe, expect, test } from "vitest";
import { obvious, oneOwner, oneRemains, place, starter, sweeper } from "../test/claim-programs.ts";
import { type Check, type Exploration, explore, type Program } from "../test/explore.ts";
import { ModelWorld, type WorldTraits } from "../test/model-world.ts";
import { failed, play, type Script } from "../test/script.ts";
import { renewPlaces } from "./claim-places.ts";
import { claimPlace, MAX_CLAIM_ROUNDS, releaseClaim, type Starter } from "./claim.ts";
import type { Outcome } from "./operations.ts";

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

const name = "0123456789ab";
const lone: Starter = { uid: 1000, mode: 0o600, locks: false, freshName: () => name };
const nothingThere: Script = { lstat: failed("ENOENT") };

function claim(script: Script) {
  return play(claimPlace(place, lone), { ...nothingThere, ...script });
}

/** An outcome that comes so many times, and success after that. */
function times(count: number, outcome: Outcome): () => Outcome {
  let left = count;
  return () => (left-- > 0 ? outcome : {});
}

function refusePublishing(path: string): Outcome {
  return path.startsWith("/D/l/") ? failed("EROFS") : {};
}

describe("given a claim that changes at every look", () => {
  test.each([MAX_CLAIM_ROUNDS - 2, MAX_CLAIM_ROUNDS - 1])("wins after %i lost rounds", (lost) => {
    const rename = times(lost, failed("ENOTEMPTY"));
    const { error } = claim({ rename, readdir: failed("ENOENT") });
    expect(error).toBeUndefined();
  });

  test.each([MAX_CLAIM_ROUNDS, MAX_CLAIM_ROUNDS + 1])("gives up after %i and undoes", (lost) => {
    const rename = times(lost, failed("EEXIST"));
    const { error, made } = claim({ rename, readdir: failed("ENOENT") });
    expect(error).toMatchObject({ code: "EADDRINUSE" });
    expect(made.slice(-3)).toEqual([
      `shut /D/.${name}/${name}`,
      `unlink /D/.${name}/${name}`,
      `rmdir /D/.${name}`,
    ]);
  });

  test("gives up after as many private directories were swept", () => {
    const { error, made } = claim({ chmod: failed("ENOENT") });
    expect(error).toMatchObject({ code: "EADDRINUSE" });
    expect(made.filter((call) => call.startsWith("mkdir"))).toHaveLength(MAX_CLAIM_ROUNDS);
  });
});

describe("given a system whose locks fail", () => {
  test("does not start without one", () => {
    const locking = { ...lone, locks: true };
    const { error, made } = play(claimPlace(place, locking), { hold: failed("ENOTSUP") });
    expect(error).toMatchObject({ code: "ENOTSUP" });
    expect(made.some((call) => call.startsWith("listen"))).toBe(false);
  });
});

describe("given a system that refuses a step", () => {
  const socket = {
    type: "socket",
    uid: 1000,
    mode: 0o600,
    identity: "dead",
    age: 0,
    contentAge: 0,
  } as const;

  test.each<[string, Script]>([
    ["mkdir", { mkdir: failed("EACCES") }],
    ["listen", { listen: failed("EACCES") }],
    ["chmod", { chmod: failed("EACCES") }],
    ["rename", { rename: failed("EACCES") }],
    ["link", { link: failed("EACCES") }],
    ["readdir", { rename: failed("ENOTEMPTY"), readdir: failed("EACCES") }],
    [
      "unlink",
      {
        rename: failed("ENOTEMPTY"),
        readdir: { names: ["e"] },
        lstat: { facts: socket },
        connect: failed("ECONNREFUSED"),
        unlink: failed("EACCES"),
      },
    ],
  ])("passes on what %s said, and leaves nothing listening", (_, script) => {
    const { error, made } = claim(script);
    expect(error).toMatchObject({ code: "EACCES" });
    const count = (kind: string): number => made.filter((call) => call.startsWith(kind)).length;
    expect(count("shut")).toBeGreaterThanOrEqual(count("listen"));
  });

  test.each(["ENOTSUP", "EPERM", "EXDEV"])(
    "publishes a second socket where link says %s",
    (code) => {
      const { result, made } = claim({ link: failed(code) });
      expect(made).toContain(`listen /D/l/${name}p`);
      expect(result).toMatchObject({ bound: [`/D/.${name}/${name}`, `/D/l/${name}p`] });
      const released = play(releaseClaim(result as never), nothingThere).made;
      expect(released.filter((call) => call.startsWith("shut"))).toHaveLength(2);
    },
  );

  test("stops listening on a second socket that could not be published", () => {
    const { error, made } = claim({ link: failed("ENOTSUP"), chmod: refusePublishing });
    expect(error).toMatchObject({ code: "EROFS" });
    expect(made).toContain(`shut /D/l/${name}p`);
  });

  test("replaces the second socket when it publishes anew, and keeps one", () => {
    const bound = [`/D/.${name}/${name}`, `/D/l/${name}p`];
    const own = { place, name, bound, identity: "before" };
    const { result, made } = play(renewPlaces([own], [place], lone), {
      lstat: (path) => ({
        facts: { ...socket, ...(path === "/D" && { type: "directory" }), identity: "another" },
      }),
      connect: failed("ECONNREFUSED"),
      link: failed("ENOTSUP"),
    });
    expect(result).toMatchObject({ lost: false, claims: [{ bound }] });
    const second = made.filter((call) => call.endsWith(`${name}p`));
    expect(second.slice(0, 2)).toEqual([`shut /D/l/${name}p`, `listen /D/l/${name}p`]);
  });

  test("says what to mount when the public path is a mount point", () => {
    const { error, made } = claim({
      rename: (path) => (path.startsWith("/D/l/") ? failed("EBUSY") : {}),
    });
    expect(error).toMatchObject({
      code: "EBUSY",
      message: expect.stringContaining("Mount its directory") as string,
    });
    expect(made.at(-1)).toBe("rmdir /D/l");
  });

  test("withdraws when the public path cannot be written", () => {
    for (const link of [{}, failed("ENOTSUP")]) {
      const { error, made } = claim({ rename: refusePublishing, link });
      expect(error).toMatchObject({ code: "EROFS" });
      expect(made.at(-1)).toBe("rmdir /D/l");
    }
  });
});
