import { describe, expect, test } from "vitest";
import { systemCode, systemError } from "./system-error.ts";
import { TransportError } from "./transport-error.ts";

function osError(code: unknown): Error {
  return Object.assign(new Error("what the system said"), { code });
}

describe("given an error of the operating system", () => {
  test("keeps the code and the cause, and says what happened and what to do", () => {
    const cause = osError("ENOENT");
    const error = systemError("dial", "/a.sock", cause);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: "ENOENT", address: "/a.sock", cause });
    expect(error.message).toMatch(/^Cannot dial \/a\.sock: nothing is there\. Start the server/u);
  });

  test("passes on what the system said about a code without words of ours", () => {
    expect(systemError("listen on", "/a", osError("EXDEV")).message).toBe(
      "Cannot listen on /a: what the system said (EXDEV)",
    );
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
