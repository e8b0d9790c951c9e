import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { HandshakeLimiter, PasswordKeys, TokenBucket } from "./index.ts";
import { open, seal } from "./seal.ts";
import { SecureStream } from "./secure-stream.ts";

const key = await new PasswordKeys().derive("secret", "here");
const envelope = await seal("text", "secret");

const takers: readonly [name: string, take: (options: object) => unknown, known: string][] = [
  ["seal", (options) => seal("text", "secret", options), "maxBytes"],
  ["open", (options) => open(envelope, "secret", options), "maxBytes"],
  ["SecureStream", (options) => new SecureStream("initiator", key, options), "rekey"],
  ["A rekey policy", (rekey) => new SecureStream("initiator", key, { rekey }), "recordsPerKey"],
  ["HandshakeLimiter", (options) => new HandshakeLimiter(options), "maxPending"],
  ["TokenBucket", (options) => new TokenBucket({ burst: 1, perSecond: 1, ...options }), "burst"],
];

describe("options", () => {
  it.each(takers)("that %s does not know are refused", async (name, take, known) => {
    const mistyped = `${known}s`;
    await expect(async () => take({ [mistyped]: 4 })).rejects.toMatchObject({
      code: "IPC_INVALID_OPTION",
      blame: "caller",
      message: expect.stringContaining(
        `${name} has no "${mistyped}" (did you mean "${known}"?)`,
      ) as string,
    });
  });

  it.each(takers.slice(0, 5))("of %s are an object, of whatever realm", async (_, take, known) => {
    for (const wrong of ["text", 5, [4], null, new Map(), Buffer.of(4)]) {
      await expect(async () => take(wrong as object)).rejects.toMatchObject({
        code: "IPC_INVALID_OPTION",
        message: expect.stringContaining(known) as string,
      });
    }
    await take(runInNewContext("({})") as object);
  });
});
