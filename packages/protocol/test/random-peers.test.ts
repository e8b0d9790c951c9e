import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { countOf, playSeeds } from "./dice.ts";
import { converse } from "./random-conversation.ts";

/** Conversations of each kind. IPC_TEST_LONG asks for the long form. */
const members = countOf("MEMBER_CONVERSATIONS", 200, 2_000);
const servers = countOf("SERVER_CONVERSATIONS", 200, 2_000);

/** Plays so many conversations. Answers the share of those that went on. */
function play(role: "client" | "server", count: number): number {
  let resumed = 0;
  playSeeds(count, randomInt(2 ** 30), (dice) => (resumed += converse(role, dice)));
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
