import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

import { root } from "./workspace.ts";

const run = promisify(execFile);
const app = fileURLToPath(new URL("..", import.meta.url));

/** The part of the report that these tests read. */
interface Report {
  sources: { files: number; cycles: string[][]; packages: { files: number }[] };
  entryPoints: { name: string; values: string[]; types: string[] }[];
  running: Record<"serverSession" | "client" | "emitting" | "hearing", { total: number }> & {
    loaded: { files: number; bytes: number };
  };
}

describe("the measurement of the tree", () => {
  let report: Report;

  beforeAll(async () => {
    const tsc = join(app, "node_modules", "typescript", "bin", "tsc");
    await run(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: app });
    const args = ["dist/main.js", "--json", "--tree", root];
    const { stdout } = await run(process.execPath, args, { cwd: app });
    report = JSON.parse(stdout) as Report;
  });

  it("counts the files of each package, and finds no cycle of imports", () => {
    const { files, packages, cycles } = report.sources;
    expect(packages.reduce((sum, { files: some }) => sum + some, 0)).toBe(files);
    expect(packages).toHaveLength(5);
    expect(cycles).toEqual([]);
  });

  it("lists the values and types of each entry point", () => {
    const facade = report.entryPoints.find(({ name }) => name === "ipc-eventer");
    expect(facade?.values).toContain("IPCServer");
    expect(facade?.types).toContain("IPCServerOptions");
  });

  it("counts the code of an import, the objects of a session and the functions of an event", () => {
    const { loaded, ...counts } = report.running;
    expect(loaded.bytes).toBeGreaterThan(0);
    for (const { total } of Object.values(counts)) expect(total).toBeGreaterThan(0);
  });
});
