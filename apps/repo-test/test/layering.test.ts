import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { members, root } from "./workspace.ts";

/** The report of oxlint, as far as these tests read it. */
interface Diagnostic {
  code: string;
  filename: string;
}

/** The rules of .oxlintrc.json that keep the layers apart. */
const layeringRules = [
  "eslint(no-restricted-imports)",
  "eslint(no-restricted-globals)",
  "eslint(no-restricted-properties)",
  "import(no-nodejs-modules)",
  "import(no-cycle)",
];

/** A comment that switches off one of them, or every rule. */
const silencing =
  /lint-disable[a-z-]*(?=\s*(?:$|--|\*\/)|.*(?:no-restricted-|no-nodejs-modules|no-cycle))/m;

const pureLayers = ["framing", "crypto", "protocol"];

const pureOffences = [
  ["a socket", `import { connect } from "node:net"; export { connect };`],
  ["a socket, without the node: prefix", `import { connect } from "net"; export { connect };`],
  ["a socket, imported when needed", `export const net = import("node:net");`],
  ["a file", `import { readFileSync } from "node:fs"; export { readFileSync };`],
  ["a timer", `export const timer = setTimeout(() => undefined, 1);`],
  ["a timer of the global object", `export const timer = globalThis.setTimeout;`],
  ["the next turn of the loop", `export const turn = setImmediate(() => undefined);`],
  ["the wall clock", `export const now = Date.now();`],
  ["the wall clock, constructed", `export const now = new Date();`],
  ["the monotonic clock", `export const now = performance.now();`],
  ["the process", `export const now = process.hrtime();`],
  ["dice", `export const dice = Math.random();`],
  ["dice, taken apart", `export const { random } = Math;`],
  ["the system's randomness", `import { randomBytes } from "node:crypto"; export { randomBytes };`],
  ["the web's randomness", `export const dice = crypto.randomUUID();`],
  ["the transport", `import { dial } from "@ipc/transport"; export { dial };`],
  ["the facade", `import { IPCServer } from "ipc-eventer"; export { IPCServer };`],
] as const;

const cycle = [
  `import type { B } from "./offence-1.ts"; export type A = B;`,
  `import type { A } from "./offence-0.ts"; export type B = A[];`,
] as const;

const appOffences = [
  ["the protocol", `import { Session } from "@ipc/protocol"; export { Session };`],
  ["the framing", `export { LineDecoder } from "@ipc/framing";`],
  ["the sources", `export { seal } from "../../../packages/crypto/src/index.ts";`],
] as const;

describe("the repository's lint rules", () => {
  const tree = mkdtempSync(join(tmpdir(), "layering-"));
  let diagnostics: Diagnostic[] = [];

  /** Write an offending file into the copied tree. */
  const plant = (folder: string, index: number, source: string): void => {
    mkdirSync(join(tree, folder), { recursive: true });
    writeFileSync(join(tree, folder, `offence-${index}.ts`), `${source}\n`);
  };
  /** The layering rules that a file of the copied tree breaks. */
  const brokenRules = (filename: string): string[] =>
    diagnostics.filter((d) => d.filename === filename).map((d) => d.code);

  beforeAll(() => {
    // In a copy of the tree, so that a test run cut short leaves no offence in the real one.
    for (const { folder } of [...members("packages"), ...members("apps")]) {
      cpSync(join(root, folder), join(tree, folder), {
        recursive: true,
        filter: (path) => !/[/\\](node_modules|dist)$/.test(path),
      });
    }
    // Without it the linter finds no file that another one imports.
    cpSync(join(root, "tsconfig.base.json"), join(tree, "tsconfig.base.json"));
    for (const layer of pureLayers) {
      pureOffences.forEach(([, source], index) => plant(`packages/${layer}/src`, index, source));
    }
    appOffences.forEach(([, source], index) => plant("apps/any/src", index, source));
    cycle.forEach((source, index) => plant("packages/transport/src", index, source));
    diagnostics = lint(tree).filter(({ code }) => layeringRules.includes(code));
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  it("find nothing in the repository itself", () => {
    expect(diagnostics.filter(({ filename }) => !filename.includes("offence-"))).toEqual([]);
  });

  it.each(pureLayers)("are switched off by no comment in %s", (layer) => {
    const silent = readdirSync(join(tree, "packages", layer, "src"), { recursive: true })
      .map((name) => join(tree, "packages", layer, "src", name.toString()))
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
      .filter((path) => silencing.test(readFileSync(path, "utf8")));
    expect(silent).toEqual([]);
  });

  describe.each(pureLayers)("in %s", (layer) => {
    it.each(pureOffences.map(([what], index) => [what, index] as const))(
      "forbid %s",
      (_, index) => {
        expect(brokenRules(`packages/${layer}/src/offence-${index}.ts`)).not.toEqual([]);
      },
    );
  });

  it("forbid a cycle of imports, of types too", () => {
    const broken = brokenRules("packages/transport/src/offence-0.ts");
    expect(broken).toEqual(["import(no-cycle)"]);
  });

  describe("in an app", () => {
    it.each(appOffences.map(([what], index) => [what, index] as const))("forbid %s", (_, index) => {
      expect(brokenRules(`apps/any/src/offence-${index}.ts`)).not.toEqual([]);
    });
  });
});

/** Run the repository's linter and configuration over a tree laid out like the repository. */
function lint(tree: string): Diagnostic[] {
  const config = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as {
    options: Record<string, unknown>;
  };
  // Layering needs no types, and the copy has no dependencies from which to read them.
  config.options["typeAware"] = false;
  writeFileSync(join(tree, ".oxlintrc.json"), JSON.stringify(config));
  const oxlint = join(root, "node_modules", "oxlint", "bin", "oxlint");
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, "--format", "json"], {
    cwd: tree,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
}
