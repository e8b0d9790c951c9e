import { describe, expect, it } from "vitest";

import { members, type Manifest } from "./workspace.ts";

/** The packages that each package may depend on when it runs: nothing from outside this repository. */
const layers: Record<string, string[]> = {
  "@ipc/framing": [],
  "@ipc/crypto": [],
  "@ipc/transport": [],
  "@ipc/protocol": ["@ipc/crypto", "@ipc/framing"],
  "ipc-eventer": ["@ipc/crypto", "@ipc/framing", "@ipc/protocol", "@ipc/transport"],
};

function runtimeDependencies(manifest: Manifest): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).toSorted();
}

describe("the packages' declared dependencies", () => {
  const packages = members("packages").map(({ manifest }) => manifest);

  it("name every package of the repository in the layers above", () => {
    expect(packages.map(({ name }) => name).toSorted()).toEqual(Object.keys(layers).toSorted());
  });

  describe.each(packages.map((manifest) => [manifest.name, manifest] as const))(
    "of %s",
    (_, manifest) => {
      it("are the layers below it and nothing else", () => {
        expect(runtimeDependencies(manifest)).toEqual(layers[manifest.name]);
      });

      it("reach no other layer in development either", () => {
        const layersNamed = Object.keys(manifest.devDependencies ?? {}).filter(
          (name) => name in layers,
        );
        expect(layers[manifest.name]).toEqual(expect.arrayContaining(layersNamed));
      });
    },
  );
});

describe("the apps' declared dependencies", () => {
  const apps = members("apps").map(({ manifest }) => [manifest.name, manifest] as const);

  it.each(apps)("of %s name the facade at most, none of the layers under it", (_, manifest) => {
    const named = { ...manifest.devDependencies, ...manifest.dependencies };
    const layersNamed = Object.keys(named).filter((name) => name in layers);
    expect(["ipc-eventer"]).toEqual(expect.arrayContaining(layersNamed));
  });
});
