import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The members of a package.json that the tests read. */
export interface Manifest {
  name: string;
  exports?: Record<string, string | { default: string }>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** A package or app of this repository. */
export interface Member {
  /** Path within the repository, such as `packages/framing`. */
  folder: string;
  manifest: Manifest;
}

/** Absolute path of the repository. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** Every package or every app, as the folders of the working tree say. */
export function members(group: "packages" | "apps"): Member[] {
  return readdirSync(join(root, group))
    .map((name) => `${group}/${name}`)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({ folder, manifest: readManifest(folder) }));
}

/** The entry points of a package: `@ipc/framing`, `@ipc/framing/streams`, … */
export function entryPoints({ manifest: { name, exports = {} } }: Member): string[] {
  return Object.keys(exports)
    .filter((path) => path !== "./package.json")
    .map((path) => name + path.slice(1));
}

/** The files of code that a package's entry points are: `dist/index.js`, `dist/streams.js`, … */
export function builtFiles({ manifest: { exports = {} } }: Member): string[] {
  return Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [] : [target.default.slice("./".length)],
  );
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}
