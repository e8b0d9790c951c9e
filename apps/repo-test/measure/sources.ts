import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { globSync } from "tinyglobby";
import ts from "typescript-6.0";

/** Files with fewer lines count as short. */
const shortLines = 40;

interface Count {
  files: number;
  lines: number;
  /** Files below 40 lines. */
  shortFiles: number;
}

/** The size of the packages' sources, without their tests. */
export interface Sources extends Count {
  packages: (Count & { name: string })[];
  /** The largest groups of files that import each other in a circle, imports of types included. */
  cycles: string[][];
  /** The code that stands twice, by jscpd's count: 50 tokens and more. */
  repeated: { places: number; lines: number };
}

/** Measures the sources of a tree laid out like this repository. */
export async function measureSources(tree: string): Promise<Sources> {
  const paths = globSync(["packages/*/src/**/*.ts", "!**/*.test.ts", "!**/*.test-d.ts"], {
    cwd: tree,
  }).toSorted();
  const texts = new Map(paths.map((path) => [path, readFileSync(join(tree, path), "utf8")]));
  const names = [...new Set(paths.map((path) => path.split("/").slice(0, 2).join("/")))];
  return {
    ...count([...texts.values()]),
    packages: names.map((name) => ({
      name,
      ...count([...texts].flatMap(([path, text]) => (path.startsWith(`${name}/`) ? text : []))),
    })),
    cycles: findCycles(texts),
    repeated: await countRepeated(tree),
  };
}

function count(texts: readonly string[]): Count {
  const lines = texts.map((text) => text.split("\n").length - 1);
  return {
    files: texts.length,
    lines: lines.reduce((sum, length) => sum + length, 0),
    shortFiles: lines.filter((length) => length < shortLines).length,
  };
}

/** Finds the cycles within packages: between packages there is none, for their manifests have none. */
function findCycles(texts: ReadonlyMap<string, string>): string[][] {
  const imports = new Map<string, string[]>();
  for (const [path, text] of texts) {
    const { importedFiles } = ts.preProcessFile(text);
    const targets = importedFiles.map(({ fileName }) => join(dirname(path), fileName));
    imports.set(
      path,
      targets.filter((target) => texts.has(target)),
    );
  }
  const reached = new Map([...imports.keys()].map((path) => [path, reach(path, imports)]));
  const groups = [...reached]
    .filter(([path, below]) => below.has(path))
    .map(([path, below]) => [...below].filter((other) => reached.get(other)?.has(path)).toSorted());
  const distinct = new Map(groups.map((files) => [files[0], files]));
  return [...distinct.values()].toSorted((a, b) => b.length - a.length);
}

/** Finds all files that one imports, itself or through others. */
function reach(path: string, imports: ReadonlyMap<string, string[]>): Set<string> {
  const reached = new Set<string>();
  const next = [...(imports.get(path) ?? [])];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    next.push(...(imports.get(file) ?? []));
  }
  return reached;
}

async function countRepeated(tree: string): Promise<Sources["repeated"]> {
  const output = mkdtempSync(join(tmpdir(), "measure-"));
  try {
    const manifest = createRequire(import.meta.url).resolve("jscpd/package.json");
    const jscpd = join(dirname(manifest), "run-jscpd.js");
    const options = [
      "--pattern",
      "*/src/**/*.ts",
      "--ignore",
      "**/*.test.ts",
      "--min-tokens",
      "50",
    ];
    const report = ["--reporters", "json", "--output", output, "--silent"];
    const packages = resolve(tree, "packages");
    await promisify(execFile)(process.execPath, [jscpd, packages, ...options, ...report]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by jscpd
    const { statistics } = JSON.parse(readFileSync(join(output, "jscpd-report.json"), "utf8")) as {
      statistics: { total: { clones: number; duplicatedLines: number } };
    };
    const { clones, duplicatedLines } = statistics.total;
    return { places: clones, lines: duplicatedLines };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
