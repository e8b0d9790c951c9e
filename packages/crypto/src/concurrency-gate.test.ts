import { describe, expect, it } from "vitest";
import { ConcurrencyGate } from "./concurrency-gate.ts";

interface Task {
  readonly name: string;
  readonly finish: () => void;
  readonly fail: () => void;
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe("a gate of two", () => {
  it("lets two run, and starts the others in order as places become free, also by failure", async () => {
    const gate = new ConcurrencyGate(2);
    const started: Task[] = [];
    const run = async (name: string): Promise<string> =>
      gate.run(
        async () =>
          new Promise((resolve, reject) => {
            started.push({
              name,
              finish: () => {
                resolve(name);
              },
              fail: () => {
                reject(new Error(name));
              },
            });
          }),
      );
    const names = (): string => started.map(({ name }) => name).join("");

    const [a, b, c, d] = [run("a"), run("b"), run("c"), run("d")];
    await settled();
    expect(names()).toBe("ab");
    started[1]?.finish();
    expect(await b).toBe("b");
    await settled();
    expect(names()).toBe("abc");
    started[0]?.fail();
    await expect(a).rejects.toThrow("a");
    await settled();
    expect(names()).toBe("abcd");
    started[2]?.finish();
    started[3]?.finish();
    expect(await Promise.all([c, d])).toEqual(["c", "d"]);

    const last = [run("e"), run("f"), run("g")];
    await settled();
    expect(names()).toBe("abcdef");
    for (const task of started) task.finish();
    await settled();
    started.at(-1)?.finish();
    expect(await Promise.all(last)).toEqual(["e", "f", "g"]);
  });
});
