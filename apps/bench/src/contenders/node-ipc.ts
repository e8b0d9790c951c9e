import type { Entry } from "../contender.ts";

/** node-ipc 14, which needs Node.js 22.13. */
export const entry: Entry = {
  name: "node-ipc",
  kind: "peer",
  package: "node-ipc",
  imports: ["node-ipc"],
  node: [22, 13],
  cannot: { binary: "a Buffer arrives as numbers in JSON; the raw parser has no events" },
  async load() {
    const { IPCModule } = await import("node-ipc");
    const { nodeIpcFamily } = await import("./parts/node-ipc-family.ts");
    return nodeIpcFamily(new IPCModule());
  },
};
