import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Outcome, Sandbox } from "./sandbox.ts";

/** The folders of the compilers among our own dependencies, so that no test downloads one. */
const compilers = { "5.9": "typescript-5.9", "6.0": "typescript-6.0", "7.0": "typescript" };

export type CompilerVersion = keyof typeof compilers;

const dependencies = fileURLToPath(new URL("../node_modules", import.meta.url));

/** A project that uses what we publish. */
export class Project {
  readonly #sandbox: Sandbox;
  readonly #folder: string;

  constructor(sandbox: Sandbox, folder: string) {
    this.#sandbox = sandbox;
    this.#folder = folder;
  }

  /** The names of all installed packages, by npm's own record. */
  async installed(): Promise<string[]> {
    const record = join(this.#folder, "node_modules", ".package-lock.json");
    const { packages } = JSON.parse(await readFile(record, "utf8")) as { packages: object };
    return Object.keys(packages)
      .map((path) => path.replace("node_modules/", ""))
      .toSorted();
  }

  /** Copy a file into the project. */
  async copy(source: string, name: string): Promise<void> {
    await cp(source, join(this.#folder, name));
  }

  /** Write a file of the project. */
  async write(name: string, content: string): Promise<void> {
    await writeFile(join(this.#folder, name), content);
  }

  /** Write `all.mts`, a module that has everything that the given ones export. */
  async writeAll(modules: readonly string[]): Promise<void> {
    const lines = modules.map((name, index) => `export * as module${index} from "${name}";\n`);
    await this.write("all.mts", lines.join(""));
  }

  /** Run a program of the project with the Node.js that runs the tests. */
  async node(...args: string[]): Promise<Outcome> {
    return this.#sandbox.run(process.execPath, args, this.#folder);
  }

  /**
   * Compile files of the project, strictly and with the declarations of what is installed checked
   * as well, though not those of the compiler itself. The declarations of Node.js are ours. The
   * arguments are separated by spaces.
   */
  async tsc(version: CompilerVersion, args: string): Promise<Outcome> {
    const compiler = join(dependencies, compilers[version], "bin", "tsc");
    const checks = "--strict --skipLibCheck false --skipDefaultLibCheck".split(" ");
    const types = ["--types", "node", "--typeRoots", join(dependencies, "@types")];
    return this.node(compiler, ...checks, ...types, "--target", "es2023", ...args.split(" "));
  }
}
