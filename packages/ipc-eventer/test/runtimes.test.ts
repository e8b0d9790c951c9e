import { mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { Program } from "./program.ts";

/** A directory of its own, private, and short as the paths of sockets must be. */
function place(): string {
  const directory = mkdtempSync("/tmp/ipc-");
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

it("plays every story of the README's table of runtimes in this one", async () => {
  const program = new Program("stories.mjs", { args: [place()] });
  const { code, output } = await program.ended;
  const failed = output.split("\n").filter((line) => line.includes('"error"'));
  expect([code, failed]).toEqual([0, []]);
  expect(output.split("\n").length).toBeGreaterThan(20);
});

const packages = fileURLToPath(new URL("../..", import.meta.url));

const major = Number.parseInt(process.versions.node, 10);

it.skipIf(major < 24)(
  "needs the flags that it names, and looks at nothing but the directory that was given",
  async () => {
    const directory = place();
    const code = ["--permission", `--allow-fs-read=${packages}`, "--no-warnings"];
    const files = [`--allow-fs-read=${directory}`, `--allow-fs-write=${directory}`];
    const play = async (...flags: string[]): Promise<string> => {
      const net = major < 25 ? [] : ["--allow-net"];
      const execArgv = [...code, ...net, ...flags];
      const args = [directory, "an event in plaintext"];
      return (await new Program("stories.mjs", { args, execArgv }).ended).output;
    };
    const refused = await play();
    expect(refused).toContain("IPC_ACCESS_DENIED: Cannot listen on");
    expect(refused).toContain(`Start it with ${files.join(" ")}`);
    expect(await play(...files)).toBe('{"story":"an event in plaintext"}\n');
  },
);
