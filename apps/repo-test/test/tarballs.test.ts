import { readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { beforeAll, describe, expect, it } from "vitest";

import { Release } from "./release.ts";
import { builtFiles, members, root } from "./workspace.ts";

const tools = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));

const needed = ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "src/index.ts"];
const shipped = [
  /^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/,
  /^dist\/.+\.(js|d\.ts)(\.map)?$/,
  /^src\/.+\.ts$/,
];
/** The files of code beside those of the entry points: what is loaded when it is needed. */
const loadedLater: Record<string, string[]> = {
  "ipc-eventer": ["dist/encryption-code.js"],
};
const testing = /\.(test|test-d|bench)\./;

describe("the tarball", () => {
  let release: Release;

  beforeAll(async () => {
    release = await Release.publish();
    return () => release.close();
  });

  const packages = members("packages").map((member) => [member.manifest.name, member] as const);

  describe.each(packages)("of %s", (name, member) => {
    let file: string;

    beforeAll(async () => {
      file = join(release.sandbox.home, `${name.replace("/", "-")}.tgz`);
      await writeFile(file, release.registry.tarballs.get(name) ?? "");
    });

    it("holds the README, the licence, the built code and its sources, and nothing else", async () => {
      const { stdout } = await release.sandbox.run("tar", ["-tzf", file]);
      const entries = stdout
        .trim()
        .split("\n")
        .map((entry) => entry.replace("package/", ""));
      expect(needed.filter((entry) => !entries.includes(entry))).toEqual([]);
      const unexpected = entries.filter((entry) => !shipped.some((pattern) => pattern.test(entry)));
      expect(unexpected).toEqual([]);
      expect(entries.filter((entry) => testing.test(entry))).toEqual([]);
    });

    it("holds one file of code for each entry point, and those that are loaded when they are needed", async () => {
      const { stdout } = await release.sandbox.run("tar", ["-tzf", file]);
      const code = stdout.match(/(?<=^package\/)dist\/.+\.js$/gm) ?? [];
      expect(code.toSorted()).toEqual(
        [...builtFiles(member), ...(loadedLater[name] ?? [])].toSorted(),
      );
    });

    it("holds code in ASCII alone, of which V8 keeps one byte for each character", () => {
      for (const path of builtFiles(member)) {
        expect(readFileSync(join(root, member.folder, path), "utf8")).not.toMatch(
          /[\u0080-\uffff]/,
        );
      }
    });

    it("holds every source that its maps name", async () => {
      const folder = join(release.sandbox.home, name.replace("/", "-"));
      await mkdir(folder);
      await release.sandbox.run("tar", ["-xzf", file, "-C", folder]);
      const files = await readdir(folder, { recursive: true });
      const maps = files.filter((path) => path.endsWith(".map"));
      const sources = maps.flatMap((path) => {
        const map = JSON.parse(readFileSync(join(folder, path), "utf8")) as { sources: string[] };
        return map.sources.map((source) => join(dirname(path), source));
      });
      expect(sources).not.toEqual([]);
      expect(sources.filter((source) => !files.includes(source))).toEqual([]);
    });

    it("names no source condition and no workspace range in its manifest", async () => {
      const { stdout } = await release.sandbox.run("tar", ["-xzOf", file, "package/package.json"]);
      expect(stdout).not.toMatch(/@ipc\/source|workspace:|catalog:/);
    });

    it("satisfies publint", async () => {
      const { buffer } = new Uint8Array(release.registry.tarballs.get(name) ?? []);
      const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
      expect(messages).toEqual([]);
    });

    it("has types that are right however they are resolved", async () => {
      // Every supported Node.js knows export maps, and can load an ES module by require().
      const args = ["--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm", "--", file];
      const outcome = await release.sandbox.run(join(tools, "attw"), args);
      expect(outcome).toEqual({ ...outcome, code: 0 });
    });
  });
});
