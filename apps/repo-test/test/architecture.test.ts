import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { members, root } from "./workspace.ts";

const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");

/** The folders that a letter before a path stands for. */
const folders = new Map([
  ["E", "packages/ipc-eventer/src"],
  ["P", "packages/protocol/src"],
]);

/** The files that the map names. A letter holds for the paths behind it in its sentence or cell. */
function namedFiles(): string[] {
  return text.split(/\n|\. |\|/).flatMap((sentence) => {
    let folder = "";
    return [...sentence.matchAll(/(?:\b([EP]) )?`([\w./-]+\.(?:ts|json|md))`/g)].map(
      ([, letter = "", path = ""]) => {
        if (letter !== "") folder = folders.get(letter) ?? "";
        return /^(?:packages|apps|\.)/.test(path) ? path : join(folder, path);
      },
    );
  });
}

/** The sources of all packages, without their tests. */
function sources(): string[] {
  return members("packages").flatMap(({ folder }) => {
    const source = join(root, folder, "src");
    return readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(source, name), "utf8"));
  });
}

describe("the map of the repository", () => {
  it("names files that are there", () => {
    const files = namedFiles();
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it("names folders that are there", () => {
    const named = [...text.matchAll(/\b([EP]) `([\w/-]+\/)`/g)].map(([, letter = "", path = ""]) =>
      join(folders.get(letter) ?? "", path),
    );
    expect(named.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
  });

  it("names what session.ts may not import, and it does not", () => {
    const source = readFileSync(join(root, "packages/protocol/src/session.ts"), "utf8");
    const imported = [...source.matchAll(/ from "(.+)";$/gm)].map(([, name = ""]) => name);
    expect(imported.length).toBeGreaterThan(10);
    const forbidden = /^(?:@ipc\/crypto|\.\/wire\/secure-opening|\.\/serialization\/)/;
    expect(imported.filter((name) => forbidden.test(name))).toEqual([]);
  });

  it("names classes, and methods of theirs, that are there", () => {
    const code = sources();
    const names = [...text.matchAll(/`([A-Z]\w+)(?:\.(#?\w+))?`/g)];
    expect(names.length).toBeGreaterThan(30);
    const missing = names.filter(([, name = "", method = ""]) => {
      const definition = new RegExp(`\\b(?:class|interface|type) ${name}\\b`);
      const member = new RegExp(`^ +(?:async )?${method}[(?]`, "m");
      return !code.some(
        (source) => definition.test(source) && (method === "" || member.test(source)),
      );
    });
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});
