import { describe, expect, it } from "vitest";
import { Identity } from "./identity.ts";

describe("Identity", () => {
  it("issues ids of 128 random bits, each different", () => {
    const identity = new Identity();
    const ids = Array.from({ length: 1_000 }, () => identity.issueId());
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(Buffer.from(id, "base64url")).toHaveLength(16);
  });

  it("takes an id with its token as proven", () => {
    const identity = new Identity();
    const id = identity.issueId();
    expect(identity.judge(id, identity.tokenOf(id, 0), 0)).toBe("proven");
  });

  it("takes the token of an earlier start as unknown", () => {
    const [earlier, now] = [new Identity(), new Identity()];
    const id = earlier.issueId();
    expect(now.judge(id, earlier.tokenOf(id, 0), 0)).toBe("unknown");
  });

  it("takes an id without a token, with another's, or with a changed one as invalid", () => {
    const identity = new Identity();
    const [id, other] = [identity.issueId(), identity.issueId()];
    const token = identity.tokenOf(id, 0);
    expect(identity.judge(id, undefined, 0)).toBe("invalid");
    expect(identity.judge(id, identity.tokenOf(other, 0), 0)).toBe("invalid");
    expect(identity.judge(id, token.slice(0, -1), 0)).toBe("invalid");
    expect(identity.judge(id, `${token}A`, 0)).toBe("invalid");
    // Of the last character four bits count and two are padding: change the first of the MAC.
    const [epoch, mac = ""] = token.split(".");
    expect(
      identity.judge(id, `${epoch}.${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`, 0),
    ).toBe("invalid");
  });

  it("takes the token of a session under another password as invalid", () => {
    const identity = new Identity();
    const id = identity.issueId();
    expect(identity.judge(id, identity.tokenOf(id, 1), 2)).toBe("invalid");
  });

  it("takes what is no id of this library as invalid, whatever the token", () => {
    const identity = new Identity();
    for (const id of [
      "",
      "a",
      "x".repeat(21),
      "x".repeat(23),
      `${"x".repeat(21)}/`,
      "é".repeat(22),
    ]) {
      expect(identity.judge(id, "another.token", 0)).toBe("invalid");
      expect(identity.judge(id, identity.tokenOf(id, 0), 0)).toBe("invalid");
    }
  });
});
