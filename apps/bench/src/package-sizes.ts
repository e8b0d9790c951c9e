import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packedSize } from "./packed-size.ts";

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** The size of an installation of some packages, their dependencies included. */
export interface PackageSizes {
  packages: number;
  /** The bytes of all packages, compressed. */
  bytes: number;
}

/** Measures the installed packages of these names, and all that they depend on. */
export async function measurePackages(names: readonly string[]): Promise<PackageSizes> {
  const folders = new Set<string>();
  const here = dirname(fileURLToPath(import.meta.url));
  for (const name of names) collect(name, here, folders);
  const sizes = await Promise.all([...folders].map((folder) => packedSize(folder)));
  return { packages: folders.size, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

/** Adds the folder of an installed package, and those of its dependencies; absent optional ones are left out. */
function collect(name: string, from: string, folders: Set<string>): void {
  const folder = (createRequire(join(from, "index.js")).resolve.paths(name) ?? [])
    .map((path) => join(path, name))
    .find((path) => existsSync(join(path, "package.json")));
  if (folder === undefined) return;
  const real = realpathSync(folder);
  if (folders.has(real)) return;
  folders.add(real);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a manifest that a package manager has read
  const manifest = JSON.parse(readFileSync(join(real, "package.json"), "utf8")) as Manifest;
  const dependencies = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const dependency of Object.keys(dependencies)) collect(dependency, real, folders);
}
