import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type ChunkingContext,
  defineConfig,
  type OutputAsset,
  type OutputChunk,
  type RolldownOptions,
} from "rolldown";

/** What the build reads of the package.json in the folder where it runs. */
interface Manifest {
  exports: Record<string, string | { "@ipc/source": string; default: string }>;
  dependencies?: Record<string, string>;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of our own manifests
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

const dependencies = Object.keys(manifest.dependencies ?? {});

/** The source of each entry point, by its path within dist without the extension. */
const input: Record<string, string> = {};
for (const target of Object.values(manifest.exports)) {
  if (typeof target === "string") continue;
  input[target.default.replace(/^\.\/dist\/|\.js$/g, "")] = target["@ipc/source"];
}
const [main = "", ...others] = Object.values(input).map((source) => resolve(source));

/** Tells whether the main entry point imports a module that is no entry point itself. */
function isOfMain(id: string, graph: ChunkingContext, met: Set<string> = new Set()): boolean {
  if (id === main) return true;
  if (others.includes(id) || met.has(id)) return false;
  met.add(id);
  const importers = graph.getModuleInfo(id)?.importers ?? [];
  return importers.some((importer) => isOfMain(importer, graph, met));
}

/**
 * Leaves code in ASCII alone: V8 keeps a file with any other character in two bytes for each, which
 * was 300 KiB more for a process that imports all. Positions in the map stay those of the line.
 */
function escape(output: OutputChunk | OutputAsset): void {
  if (output.type !== "chunk") return;
  output.code = output.code.replaceAll(/[\u0080-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * One file for each entry point of a package, and one for what is loaded when it is needed: to find and
 * open a hundred small files costs a program more than all that is in them. The declarations are tsc's,
 * which runs afterwards.
 */
const config: RolldownOptions = defineConfig({
  input,
  platform: "node",
  // Else an entry point on which another one is built becomes two files.
  preserveEntrySignatures: "allow-extension",
  // Their entry points too: a class that is bundled along would be another one.
  external: (id) => dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
  transform: { target: "es2023" },
  plugins: [
    { name: "ascii", generateBundle: (_, bundle) => Object.values(bundle).forEach(escape) },
  ],
  output: {
    dir: "dist",
    // What the sources no longer have is not published either.
    cleanDir: true,
    sourcemap: true,
    // The sources are published as well, and hold the comments.
    sourcemapExcludeSources: true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    // All that the main entry point loads at once is one file, whatever else needs parts of it.
    codeSplitting: {
      groups: [
        { debugName: "index", name: (id, graph) => (isOfMain(id, graph) ? "index" : undefined) },
      ],
      includeDependenciesRecursively: false,
    },
    minifyInternalExports: false,
  },
});

export default config;
