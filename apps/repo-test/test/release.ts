import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { Project } from "./project.ts";
import { Registry } from "./registry.ts";
import { Sandbox } from "./sandbox.ts";
import { members, root } from "./workspace.ts";

/** The built packages of this repository, published to a registry of their own. */
export class Release {
  readonly registry: Registry;
  /** The sandbox of a user of that registry and no other. */
  readonly sandbox: Sandbox;

  private constructor(registry: Registry, sandbox: Sandbox) {
    this.registry = registry;
    this.sandbox = sandbox;
  }

  /** Publish by the command of a real release. Rejects if a package is not built. */
  static async publish(): Promise<Release> {
    for (const { folder, manifest } of members("packages")) {
      if (!existsSync(join(root, folder, "dist", "index.js"))) {
        throw new Error(`${manifest.name} is not built: run \`npx -y pnpm@12 build\` first`);
      }
    }
    const registry = await Registry.start();
    const release = new Release(registry, await Sandbox.create(registry));
    try {
      const args = ["--recursive", "--filter", "./packages/*", "publish", "--no-git-checks"];
      const { code, stdout, stderr } = await release.sandbox.run("pnpm", args, root);
      if (code !== 0) throw new Error(`pnpm publish ended with ${code}:\n${stdout}${stderr}`);
      return release;
    } catch (error) {
      await release.close();
      throw error;
    }
  }

  /** A project of its own into which `npm install` has put one package. Rejects if npm fails. */
  async install(name: string): Promise<Project> {
    const folder = join(this.sandbox.home, name.replace("/", "-"));
    await mkdir(folder);
    const { code, stdout, stderr } = await this.sandbox.run("npm", ["install", name], folder);
    if (code === 0) return new Project(this.sandbox, folder);
    throw new Error(`npm install ${name} ended with ${code}:\n${stdout}${stderr}`);
  }

  async close(): Promise<void> {
    await this.sandbox.remove();
    await this.registry.close();
  }
}
