import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const app = fileURLToPath(new URL("..", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-test-"));
  for (let number = 0; number < 60; number += 1) {
    writeFileSync(join(folder, `${number}.txt`), `file ${number}\n`.repeat(number));
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Run the demo as a process; answers its exit code and what it printed. */
async function runDemo(
  environment: NodeJS.ProcessEnv,
): Promise<[code: number | null, output: string]> {
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", folder], {
    cwd: app,
    // With CI set, colours are forced into all output.
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 100_000,
  });
  const output = text(child.stdout);
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  return [await ended, await output];
}

describe("given the built packages", () => {
  it("ends with 0 and a table", async () => {
    const [code, output] = await runDemo({ IPC_DEMO_SECONDS: "2", IPC_DEMO_PATIENCE: "60" });
    expect(output).toContain("│ all    │    60 │");
    expect(output).toContain("nothing lost");
    expect(code).toBe(0);
  });

  it("ends with 1 when a worker reports wrong hashes", async () => {
    const [code, output] = await runDemo({
      IPC_DEMO_SECONDS: "1",
      IPC_DEMO_BREAK: "hash",
      IPC_DEMO_PATIENCE: "60",
    });
    expect(output).toContain("its hash is not the file's");
    expect(code).toBe(1);
  });

  it("ends with 1 when a worker loses files", async () => {
    const [code, output] = await runDemo({
      IPC_DEMO_SECONDS: "1",
      IPC_DEMO_BREAK: "lose",
      IPC_DEMO_PATIENCE: "3",
    });
    expect(output).toContain("nothing has happened for 3 s");
    expect(code).toBe(1);
  });
});
