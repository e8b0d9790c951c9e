import { describe, expect, it } from "vitest";
import { type SessionState, transition } from "./session-state.ts";

describe("the states of a session", () => {
  it("follow each other as the table says", () => {
    const open: SessionState = { phase: "open" };
    expect(transition({ phase: "accepting" }, open)).toBe(open);
  });

  it("follow each other in no other way", () => {
    expect(() => transition({ phase: "open" }, { phase: "accepting" })).toThrow(
      "A session cannot go from open to accepting.",
    );
  });
});
