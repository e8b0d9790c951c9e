import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

import type { Project } from "./project.ts";
import { Release } from "./release.ts";
import { entryPoints, members, root } from "./workspace.ts";

describe.each(["framing", "crypto"])("given npm install @ipc/%s in an empty project", (layer) => {
  const name = `@ipc/${layer}`;
  const examples = join(root, "packages", layer, "examples");
  let release: Release;
  let project: Project;

  beforeAll(async () => {
    release = await Release.publish();
    return () => release.close();
  });
  beforeAll(async () => {
    project = await release.install(name);
  });

  it("brings that one package and nothing else", async () => {
    expect(await project.installed()).toEqual([name]);
  });

  it("runs the examples of its README", async () => {
    const programs = (await readdir(examples)).filter((file) => file.endsWith(".mjs"));
    expect(programs).not.toEqual([]);
    for (const program of programs) {
      await project.copy(join(examples, program), program);
      const outcome = await project.node(program);
      expect({ program, ...outcome }).toMatchObject({ program, code: 0, stderr: "" });
    }
  });

  it("type-checks without the other packages", async () => {
    const self = members("packages").filter(({ manifest }) => manifest.name === name);
    await project.writeAll(self.flatMap(entryPoints));
    const outcome = await project.tsc("7.0", "--module nodenext --noEmit all.mts");
    expect(outcome).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
