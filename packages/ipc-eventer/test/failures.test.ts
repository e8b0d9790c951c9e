import { mkdtempSync, rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { TestPlace } from "./test-place.ts";
import { IPCServer } from "../src/index.ts";
import { type Ending, Program } from "./program.ts";

function run(...args: string[]): Promise<Ending> {
  const PLACE = mkdtempSync("/tmp/ipc-");
  onTestFinished(() => rmSync(PLACE, { recursive: true }));
  return new Program("throwing.mjs", { args, env: { PLACE } }).ended;
}

describe("a failure that is not awaited", () => {
  it.each([
    ["start", "EADDRINUSE"],
    ["connect", "ENOENT"],
  ])(
    "of %s() ends a process unless error has a listener or the promise is awaited",
    async (what, code) => {
      const place = new TestPlace();
      const taken = new IPCServer("taken", { directory: place.directory });
      await taken.start();
      place.finally(() => taken.stop());
      const fail = (...args: string[]): Promise<Ending> =>
        new Program("failing.mjs", { args: [what, ...args], env: { TAKEN: place.directory } })
          .ended;
      const [told, awaited, both, neither] = await Promise.all([
        fail("not", "told"),
        fail("awaited", "not"),
        fail("awaited", "told"),
        fail("not", "not"),
      ]);
      expect(told).toMatchObject({ code: 0, output: `error ${code}\nexit 0\n` });
      expect(awaited).toMatchObject({ code: 0, output: `rejected ${code}\nexit 0\n` });
      expect(both).toMatchObject({ code: 0, output: `error ${code}\nrejected ${code}\nexit 0\n` });
      expect(neither.code).toBe(1);
      expect(neither.output).toContain("exit 1");
      expect(neither.output).toContain(`code: '${code}'`);
    },
  );
});

describe("a listener that fails in a process of its own", () => {
  it("ends the process as any listener of Node's would", async () => {
    for (const ended of await Promise.all([run("throws", "not"), run("rejects", "not")])) {
      expect(ended.code).toBe(1);
      expect(ended.output).toContain("Error: boom");
      expect(ended.output).not.toContain("done");
    }
  });

  it("costs no event of the batch when the process goes on", async () => {
    for (const { code, output } of await Promise.all([
      run("throws", "caught"),
      run("rejects", "caught"),
    ])) {
      expect([code, output.match(/n \d/g)]).toEqual([0, ["n 1", "n 2", "n 3", "n 4"]]);
      expect(output).toMatch(/^(uncaught|unhandled) boom$/m);
      expect(output).toMatch(/done\n$/);
    }
  });
});
