import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { converse } from "./random-conversation.ts";

/** Conversations of each kind; the long form is asked for by the environment. */
/** IPC_TEST_LONG asks for the long form. */
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const members = Number(process.env["MEMBER_CONVERSATIONS"] ?? (isLong ? 2_000 : 200));
const servers = Number(process.env["SERVER_CONVERSATIONS"] ?? (isLong ? 2_000 : 200));
const seed = Number(process.env["CONVERSATION_SEED"] ?? randomInt(2 ** 30));

/** Plays so many conversations, each from a seed of its own. Answers the share of those that went on. */
function play(role: "client" | "server", count: number): number {
  let resumed = 0;
  for (let number = 0; number < count; number++) {
    try {
      resumed += converse(role, seed + number * 7);
    } catch (cause) {
      throw new Error(`CONVERSATION_SEED=${seed + number * 7}`, { cause });
    }
  }
  return resumed / count;
}

describe("a session whose peer makes up what it says", () => {
  it("throws nothing, hangs nowhere and holds its limits as a server", { timeout: 0 }, () => {
    expect(play("server", members)).toBeGreaterThan(1 / 3);
  });

  it("throws nothing, hangs nowhere and holds its limits as a client", { timeout: 0 }, () => {
    expect(play("client", servers)).toBeGreaterThan(1 / 3);
  });
});
