import { readFileSync } from "node:fs";
import { defineConfig, type RolldownOptions } from "rolldown";

/** What the build reads of the package.json in the folder where it runs. */
interface Manifest {
  exports: Record<string, string | { "@ipc/source": string; default: string }>;
  dependencies?: Record<string, string>;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of our own manifests
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

/** The source of each entry point, by its path within dist without the extension. */
const input: Record<string, string> = {};
for (const target of Object.values(manifest.exports)) {
  if (typeof target === "string") continue;
  input[target.default.replace(/^\.\/dist\/|\.js$/g, "")] = target["@ipc/source"];
}

/**
 * One file for each entry point of a package: to find and open a hundred small files costs a program
 * more than all that is in them. The declarations are tsc's, which runs afterwards.
 */
const config: RolldownOptions = defineConfig({
  input,
  platform: "node",
  // Else an entry point on which another one is built becomes two files.
  preserveEntrySignatures: "allow-extension",
  external: Object.keys(manifest.dependencies ?? {}),
  transform: { target: "es2023" },
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
  },
});

export default config;
