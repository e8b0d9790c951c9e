import { mkdtempSync, rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { Program } from "./program.ts";

function play(story: string): Program {
  const PLACE = mkdtempSync("/tmp/ipc-");
  onTestFinished(() => rmSync(PLACE, { recursive: true }));
  return new Program("ends.mjs", { args: [story], env: { PLACE } });
}

describe("a process", () => {
  it.each([
    ["never started"],
    ["started and stopped"],
    ["connected and disconnected"],
    ["stopped under its client, which has no reconnect"],
    ["kicked"],
    ["a connect that failed"],
    ["a connect that timed out"],
    ["a connect that was aborted"],
    ["await using"],
  ])("ends by itself, and no timer or handle is left: %s", async (story) => {
    const program = play(story);
    await expect(program.report()).resolves.toEqual([]);
    await expect(program.ended).resolves.toEqual({ code: 0, signal: null, output: "" });
  });

  it.each([
    ["an unref'ed server"],
    ["an unref'ed pair"],
    ["a server unref'ed before it began"],
    ["an unref'ed client that waits to reconnect"],
    ["a server that only its clients would hold"],
  ])("ends by itself, though it is in use: %s", async (story) => {
    const program = play(story);
    const began = performance.now();
    await expect(program.ended).resolves.toEqual({ code: 0, signal: null, output: "" });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("is held by a server that listens and by a client that is connected or will be", async () => {
    const programs = [
      "a server that listens",
      "a client that is connected",
      "a client that waits to reconnect",
      "ref after unref",
    ].map((story) => play(`holds: ${story}`));
    await Promise.all(programs.map((program) => program.report()));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(programs.map(({ process: { exitCode } }) => exitCode)).toEqual([null, null, null, null]);
  });
});
