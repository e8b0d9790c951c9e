import type { Entry } from "../contender.ts";

/** net-ipc with its option `messagepack`, through msgpackr. */
export const entry: Entry = {
  name: "net-ipc (messagepack)",
  kind: "peer",
  package: "net-ipc",
  imports: [],
  cannot: {},
  load: async () => (await import("./parts/net-ipc.ts")).netIpc({ messagepack: true }),
};
