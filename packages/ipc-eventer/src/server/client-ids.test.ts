import { PasswordKeys } from "@ipc/crypto";
import { describe, expect, it } from "vitest";
import { ClientTokens, processSecret } from "./client-ids.ts";

const secret = Buffer.alloc(32, 1);
const plain = { key: undefined };

describe("ClientTokens", () => {
  it("issues ids of 128 random bits, each different", () => {
    const tokens = new ClientTokens(secret);
    const ids = Array.from({ length: 1_000 }, () => tokens.issueId());
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(Buffer.from(id, "base64url")).toHaveLength(16);
  });

  it("takes an id with its token as proven, after a restart too", () => {
    const [earlier, now] = [1, 2].map(() => new ClientTokens(secret));
    const id = earlier!.issueId();
    expect(now!.proves(id, earlier!.tokenOf(id, plain), { key: undefined })).toBe(true);
  });

  it("takes the token of another secret, as that of another endpoint, as none", () => {
    const tokens = new ClientTokens(secret);
    const id = tokens.issueId();
    for (const other of [
      new ClientTokens(Buffer.alloc(32, 2)),
      new ClientTokens(processSecret("x")),
    ]) {
      expect(tokens.proves(id, other.tokenOf(id, plain), plain)).toBe(false);
    }
    expect(processSecret("x")).toEqual(processSecret("x"));
    expect(processSecret("x")).not.toEqual(processSecret("y"));
  });

  it("takes an id without a token, with another's, or with a changed one as not proven", () => {
    const tokens = new ClientTokens(secret);
    const [id, other] = [tokens.issueId(), tokens.issueId()];
    const token = tokens.tokenOf(id, plain);
    const changed = `${token.startsWith("A") ? "B" : "A"}${token.slice(1)}`;
    for (const one of [
      undefined,
      "",
      tokens.tokenOf(other, plain),
      token.slice(0, -1),
      `${token}A`,
      changed,
      "é".repeat(43),
    ]) {
      expect(tokens.proves(id, one, plain)).toBe(false);
    }
  });

  it("takes a token as proof under the password alone under which it was given", async () => {
    const keys = new PasswordKeys();
    const [one, two] = await Promise.all(["one", "two"].map((word) => keys.derive(word, "x")));
    const tokens = new ClientTokens(secret);
    const id = tokens.issueId();
    const token = tokens.tokenOf(id, { key: one });
    expect(new ClientTokens(secret).proves(id, token, { key: one })).toBe(true);
    expect(tokens.proves(id, token, { key: two })).toBe(false);
    expect(tokens.proves(id, token, plain)).toBe(false);
  });

  it("takes what is no id of this library as not proven, whatever the token", () => {
    const tokens = new ClientTokens(secret);
    const almost = "x".repeat(21);
    for (const id of ["", "a", almost, `${almost}xx`, `${almost}/`, "é".repeat(22)]) {
      expect(tokens.proves(id, tokens.tokenOf(id, plain), plain)).toBe(false);
    }
  });
});
