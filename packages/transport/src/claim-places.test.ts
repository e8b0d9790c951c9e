import { describe, expect, test } from "vitest";
import { type Check, type Exploration, explore, type Program } from "../test/explore.ts";
import { ModelWorld } from "../test/model-world.ts";
import {
  atEveryPlace,
  formerServer,
  neverTwo,
  oneServer,
  RUNTIME,
  server,
  sessions,
  temporarySweeper,
} from "../test/place-programs.ts";

const isLong = process.env["IPC_TEST_LONG"] !== undefined;

interface Setting {
  readonly loggedIn?: boolean;
  readonly dead?: readonly string[];
}

function run(
  title: string,
  programs: Program[],
  setUp: Setting = {},
  check: Check = oneServer(),
): Exploration {
  const world = new ModelWorld({});
  world.addDirectory("/T");
  if (setUp.loggedIn !== false) world.addDirectory(RUNTIME);
  for (const path of setUp.dead ?? []) world.addDead(path);
  const found = explore(world, programs, check);
  process.stdout.write(`places model: ${title}: ${found.states} states, ${found.ends} ends\n`);
  return found;
}

/** The remains of a crashed server of both places. */
const stale = ["/T/p", "/T/l/d00000000000"];

const comesAndGoes = (): ("login" | "logout")[] => ["logout", "login"];

describe("given every interleaving with a directory that is removed at logout and made at login", () => {
  test("keeps one server that every client reaches at every moment, and a second one finds", () => {
    const programs = [server("a", { ahead: true }), sessions(comesAndGoes()), server("b")];
    expect(run("a server, a second starts", programs).violation).toBe(undefined);
  });

  test("lets the server look at its places at any moment", () => {
    const owner = server("a", { ahead: true, renews: true });
    const programs = [owner, sessions(comesAndGoes()), server("b")];
    expect(run("a server that looks, a second starts", programs).violation).toBe(undefined);
  });

  test("has exactly one of two that start meanwhile", () => {
    const programs = [server("a"), server("b"), sessions(comesAndGoes())];
    expect(run("two start", programs).violation).toBe(undefined);
  });

  test("has exactly one of two when the session begins or ends meanwhile", () => {
    for (const [loggedIn, event] of [
      [false, "login"],
      [true, "logout"],
    ] as const) {
      const programs = [server("a"), server("b"), sessions([event])];
      expect(run(`two start, ${event}`, programs, { loggedIn }).violation).toBe(undefined);
    }
  });

  test("never has two when one dies while it starts", () => {
    const programs = [server("a", { mortal: true }), server("b"), sessions(["logout"])];
    expect(run("two start, one may die", programs).violation).toBe(undefined);
  });

  // Some ten thousand states more: for the long form of the tests.
  test.skipIf(!isLong)(
    "never has two over the remains of a crash when either dies",
    { timeout: 300_000 },
    () => {
      const programs = [
        server("a", { mortal: true }),
        server("b", { mortal: true }),
        sessions(["logout"]),
      ];
      expect(run("two start, either may die", programs, { dead: stale }).violation).toBe(undefined);
    },
  );

  test.skipIf(!isLong)("has exactly one of three", { timeout: 600_000 }, () => {
    const programs = [server("a"), server("b"), server("c"), sessions(["logout"])];
    expect(run("three start", programs).violation).toBe(undefined);
  });

  test("never has two when winners close at once", () => {
    const programs = [
      server("a", { closes: true }),
      server("b", { closes: true }),
      sessions(["logout"]),
    ];
    expect(run("two start and close", programs, {}, oneServer(1)).violation).toBe(undefined);
  });

  test("has the server at every place once it has looked", () => {
    for (const loggedIn of [true, false]) {
      const programs = [
        server("a", { ahead: true, renews: true }),
        sessions(loggedIn ? comesAndGoes() : ["login"], true),
        server("b"),
      ];
      const found = run("back at every place", programs, { loggedIn }, atEveryPlace);
      expect(found.violation).toBe(undefined);
    }
  });

  test("leaves one server when the other place is swept as well", () => {
    const programs = [
      server("a", { ahead: true, renews: true }),
      temporarySweeper("a"),
      sessions(["logout"], true),
      server("b"),
    ];
    expect(run("both places gone", programs, {}, atEveryPlace).violation).toBe(undefined);
  });
});

describe("given the former rule: claim the first place, look at the others", () => {
  test("finds a server out of reach in the same model", () => {
    const programs = [formerServer("a", { ahead: true }), sessions(["logout"])];
    expect(run("former rule", programs).violation?.problem).toMatch(/do not reach a/u);
  });

  test("finds two servers in the same model", () => {
    const programs = [formerServer("a", { ahead: true }), sessions(["logout"]), formerServer("b")];
    const found = run("former rule, a second starts", programs, {}, neverTwo);
    expect(found.violation?.problem).toBe("two servers");
  });
});
