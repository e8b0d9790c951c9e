import { describe, expect, it } from "vitest";
import { explore } from "./explore.ts";
import { formerRules, otherGenerations, ourRules } from "./rules.ts";

describe("the rules of client ids", () => {
  it("is right in every state that a client, an attacker and a server can reach", () => {
    const { states, problem, trace } = explore(ourRules);
    process.stdout.write(`identity: ${states} states\n`);
    expect([problem, trace]).toEqual([undefined, []]);
    expect(states).toBeGreaterThan(1_000);
  });

  it.each([
    ["token of another start is believed", formerRules, "gets the id and a token of the owner"],
    [
      "session has one secret at a time",
      otherGenerations("last"),
      "cannot go on with its own session",
    ],
    ["secret is never used up", otherGenerations("all"), "used up proves the session again"],
  ])("is found to be wrong where a %s", (_, rules, problem) => {
    const found = explore(rules);
    process.stdout.write(
      `${found.problem}, in ${found.states} states: ${found.trace.join("; ")}\n`,
    );
    expect(found.problem).toContain(problem);
  });
});
