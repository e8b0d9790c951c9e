import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cases } from "../src/cases.ts";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Run the short form of a case as a process; answers its exit code and what it printed, errors too. */
async function run(name: string): Promise<[code: number | null, output: string]> {
  const child = spawn(process.execPath, [main, name], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  return [await ended, (await output).join("")];
}

/** Run by every test run; IPC_TEST_LONG asks for all of them. */
const always = ["history", "conflated"];
const isLong = process.env["IPC_TEST_LONG"] !== undefined;

describe("given the built packages", () => {
  const chosen = cases.filter(({ name }) => isLong || always.includes(name));

  it.each(chosen)("$name: $promise", async ({ name }) => {
    const [code, output] = await run(name);
    expect(output).not.toContain("✗");
    expect(code).toBe(0);
  });

  it("says what there is to choose from", async () => {
    const [code, output] = await run("nonsense");
    expect(output).toContain(`cases: ${cases.map(({ name }) => name).join(", ")}`);
    expect(code).toBe(1);
  });
});
