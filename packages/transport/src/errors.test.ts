import { describe, expect, test } from "vitest";
import { systemCode, systemError, TransportError } from "./errors.ts";

function osError(code: unknown): Error {
  return Object.assign(new Error("what the system said"), { code });
}

describe("given an error of the operating system", () => {
  test("keeps the code and the cause, and says what happened and what to do", () => {
    const cause = osError("ENOENT");
    const error = systemError("dial", "/a.sock", cause);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: "ENOENT", address: "/a.sock", cause });
    expect(error.message).toMatch(/^Cannot dial \/a\.sock: no socket is there\. Start the server/u);
  });

  test("passes on what the system said about a code without words of ours", () => {
    expect(systemError("listen on", "/a", osError("EXDEV")).message).toBe(
      "Cannot listen on /a: what the system said (EXDEV)",
    );
  });
});

describe("given what a server and a client may meet alike", () => {
  test.each([
    ["ENOENT", /its directory does not exist\. Create the directory/u, /Start the server/u],
    ["EACCES", /may not write in its directory/u, /may not use it/u],
    ["EPERM", /does not let this process write/u, /refuses it to this process/u],
  ])("has for %s the advice of each role", (code, ofServer, ofClient) => {
    const server = systemError("listen on", "/d/a.sock", osError(code)).message;
    const client = systemError("dial", "/d/a.sock", osError(code)).message;
    expect(server).toMatch(ofServer);
    expect(client).toMatch(ofClient);
    expect(server).not.toMatch(/Start the server/u);
  });
});

describe("given a refusal of the runtime's permissions", () => {
  const ofNode = Object.assign(new Error("Access to this API has been restricted"), {
    code: "ERR_ACCESS_DENIED",
    permission: "FileSystemRead",
    resource: "/d",
  });
  const ofDeno = Object.assign(
    new Error('Requires read access to "/d", run again with the --allow-read flag'),
    { name: "NotCapable" },
  );

  test.each([
    [
      "dial",
      ofNode,
      "refuses this process FileSystemRead of /d. Start it with --allow-fs-read=/d;",
    ],
    ["listen on", ofNode, "Start it with --allow-fs-read=/d --allow-fs-write=/d;"],
    ["dial", ofDeno, "Deno refuses this process read access to /d. Start it with --allow-read=/d "],
  ] as const)("names the path and the flags to give: %s", (action, cause, text) => {
    const error = systemError(action, "/d/a.sock", cause);
    expect(error).toMatchObject({ code: "IPC_ACCESS_DENIED", cause });
    expect(error.message).toContain(text);
  });

  test("advises a directory where none was given", () => {
    expect(systemError("dial", "app", ofNode).message).toContain(
      "Give both sides the same `directory`",
    );
  });

  test("knows a refused connection, of which the runtime names no permission", () => {
    const cause = Object.assign(new Error("x"), { code: "ERR_ACCESS_DENIED" });
    expect(systemError("dial", "/d/a.sock", cause).message).toMatch(/Net.*--allow-net/u);
  });
});

describe("given any other error", () => {
  test("leaves it as it is", () => {
    const own = new TransportError("ENOENT", "/a", "said already");
    const bug = new TypeError("a bug");
    expect(systemError("dial", "/b", own)).toBe(own);
    expect(systemError("dial", "/b", bug)).toBe(bug);
    expect(systemError("dial", "/b", "text").message).toBe("text");
  });

  test.each([["ERR_INVALID_ARG_TYPE"], [7], ["IPC_WRONG_OWNER"], ["error"]])(
    "does not take the code %j for the system's",
    (code) => {
      expect(systemCode(osError(code))).toBeUndefined();
    },
  );

  test("does not take a plain object for an error", () => {
    expect(systemCode({ code: "ENOENT" })).toBeUndefined();
    expect(systemCode(new Error("no code"))).toBeUndefined();
  });
});
