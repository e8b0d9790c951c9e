import type { Entry } from "../contender.ts";

/** The community's fork of node-ipc 10. */
export const entry: Entry = {
  name: "@achrinza/node-ipc",
  kind: "peer",
  package: "@achrinza/node-ipc",
  imports: ["@achrinza/node-ipc"],
  cannot: { binary: "a Buffer arrives as numbers in JSON; the raw parser has no events" },
  async load() {
    const { IPCModule } = await import("@achrinza/node-ipc");
    const { nodeIpcFamily } = await import("./parts/node-ipc-family.ts");
    return nodeIpcFamily(new IPCModule());
  },
};
