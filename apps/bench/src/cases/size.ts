import { execa } from "execa";
import { fileURLToPath } from "node:url";
import type { OwnCase } from "../case.ts";
import { measurePackages } from "../package-sizes.ts";

/** Measures the size of a library: the code that its import loads, and the packages that its installation does. */
export const size: OwnCase = {
  name: "size",
  title: "size",
  needs: [],
  only: "full",
  rounds: 1,
  metrics: [
    { key: "loaded", title: "KiB of JavaScript loaded", better: "lower" },
    { key: "files", title: "files loaded", better: "lower" },
    { key: "packages", title: "packages installed", better: "lower" },
    { key: "tarballs", title: "KiB of their tarballs", better: "lower" },
  ],
  reasonAgainst: ({ imports, package: name }) =>
    imports.length === 0 || name === undefined
      ? "a part of Node.js, or the same as another row"
      : undefined,

  async round({ entry }, stage) {
    const script = fileURLToPath(new URL("../processes/loaded-code.js", import.meta.url));
    const { stdout } = await execa(stage.node.path, [script, ...entry.imports], {
      env: { NODE_OPTIONS: "" },
      timeout: 60_000,
    });
    const [loaded = 0, files = 0] = stdout.split(" ").map(Number);
    const names = entry.imports.map((specifier) =>
      specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/"),
    );
    const { packages, bytes } = await measurePackages(names);
    return { loaded: loaded / 1024, files, packages, tarballs: bytes / 1024 };
  },
};
