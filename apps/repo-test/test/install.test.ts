import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

import type { Project } from "./project.ts";
import { Release } from "./release.ts";
import { entryPoints, members } from "./workspace.ts";

const consumers = fileURLToPath(new URL("../consumers", import.meta.url));
const packages = members("packages").map(({ manifest }) => manifest.name);
/** The exit and the output of every quick start. */
const conversation = { code: 0, stdout: "second joined\nhello\n", stderr: "" };
/** The modules of Node.js that an import loads; each costs a program time before it begins. */
const builtins = [
  "node:async_hooks",
  "node:buffer",
  "node:diagnostics_channel",
  "node:events",
  "node:net",
  "node:path",
  "node:perf_hooks",
  "node:stream",
  "node:timers",
];
const silentSuccess = { code: 0, stdout: "", stderr: "" };

/** The files that a program loads for what an argument of it names. */
async function filesLoaded(project: Project, what: string): Promise<URL[]> {
  const { stdout } = await project.node("loaded-files.mjs", what);
  return (JSON.parse(stdout) as string[]).map((url) => new URL(url));
}

describe("given npm install ipc-eventer in an empty project", () => {
  let release: Release;
  let project: Project;

  beforeAll(async () => {
    release = await Release.publish();
    return () => release.close();
  });
  beforeAll(async () => {
    project = await release.install("ipc-eventer");
  });

  it("brings the packages of this repository and nothing else", async () => {
    expect(await project.installed()).toEqual(packages.toSorted());
  });

  it("runs as an ES module", async () => {
    await project.copy(join(consumers, "quick-start.mjs"), "quick-start.mjs");
    expect(await project.node("quick-start.mjs")).toEqual(conversation);
  });

  it("runs from CommonJS, without a warning", async () => {
    await project.copy(join(consumers, "quick-start.cjs"), "quick-start.cjs");
    expect(await project.node("quick-start.cjs")).toEqual(conversation);
  });

  it("gives import and require the same classes", async () => {
    await project.write(
      "same.mjs",
      `import { createRequire } from "node:module";
       import * as imported from "ipc-eventer";
       const required = createRequire(import.meta.url)("ipc-eventer");
       console.log(required.IPCServer === imported.IPCServer && typeof imported.IPCServer);`,
    );
    expect(await project.node("same.mjs")).toMatchObject({ code: 0, stdout: "function\n" });
  });

  describe("and an import of it", () => {
    let files: URL[];

    beforeAll(async () => {
      await project.copy(join(consumers, "loaded-files.mjs"), "loaded-files.mjs");
      files = await filesLoaded(project, "ipc-eventer");
    });

    it("loads one file of each package, and of @ipc/crypto the error alone", () => {
      const paths = files.map(({ pathname }) => pathname.replace(/^.*\/node_modules\//, ""));
      const needed = packages.map((name) => {
        return `${name}/dist/${name === "@ipc/crypto" ? "error" : "index"}.js`;
      });
      expect(paths.toSorted()).toEqual(needed.toSorted());
    });

    it("and a call in plaintext load nothing of encryption and of advanced values", async () => {
      const later = (await filesLoaded(project, "call")).map(({ pathname }) => pathname);
      const more = later.filter((pathname) => !files.some((file) => file.pathname === pathname));
      expect(more).toEqual([]);
    });

    it("loads few modules of Node.js", () => {
      const code = files.map((file) => readFileSync(file, "utf8")).join("\n");
      const specifiers = [...code.matchAll(/^import .* from "(node:.+)";$/gm)].map(
        ([, name = ""]) => name,
      );
      expect([...new Set(specifiers)].toSorted()).toEqual(builtins);
    });
  });

  describe.each(["5.9", "6.0", "7.0"] as const)("with TypeScript %s", (version) => {
    beforeAll(async () => {
      for (const name of ["typed.ts", "typed.mts", "typed.cts"]) {
        await project.copy(join(consumers, "typed.ts"), name);
      }
      await project.writeAll(members("packages").flatMap(entryPoints));
    });

    it("compiles for Node.js and runs as an ES module and as CommonJS", async () => {
      const args = `--module nodenext --lib es2023 --outDir ${version} typed.mts typed.cts all.mts`;
      expect(await project.tsc(version, args)).toEqual(silentSuccess);
      expect(await project.node(`${version}/typed.mjs`)).toEqual(conversation);
      expect(await project.node(`${version}/typed.cjs`)).toEqual(conversation);
    }, 120_000);

    it("type-checks as a bundler resolves it, beside the types of a browser", async () => {
      const args = "--module esnext --moduleResolution bundler --noEmit typed.ts";
      expect(await project.tsc(version, args)).toEqual(silentSuccess);
    }, 120_000);
  });
});
