import { describe, expect, test } from "vitest";
import { place } from "../test/claim-programs.ts";
import { failed, play, type Script } from "../test/script.ts";
import { claimPlace, MAX_CLAIM_ROUNDS, releaseClaim } from "./claim-place.ts";
import { renewPlaces } from "./claim-places.ts";
import type { Outcome } from "./operations.ts";

const name = "0123456789ab";
const nothingThere: Script = { lstat: failed("ENOENT") };

function claim(script: Script) {
  const starter = { uid: 1000, mode: 0o600, locks: false, freshName: () => name };
  return play(claimPlace(place, starter), { ...nothingThere, ...script });
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
    const starter = { uid: 1000, mode: 0o600, locks: true, freshName: () => name };
    const { error, made } = play(claimPlace(place, starter), { hold: failed("ENOTSUP") });
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
    const starter = { uid: 1000, mode: 0o600, locks: false, freshName: () => name };
    const bound = [`/D/.${name}/${name}`, `/D/l/${name}p`];
    const own = { place, name, bound, identity: "before" };
    const { result, made } = play(renewPlaces([own], [place], starter), {
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
