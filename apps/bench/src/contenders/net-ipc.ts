import type { Entry } from "../contender.ts";

/** net-ipc with its default encoding, JSON. */
export const entry: Entry = {
  name: "net-ipc",
  kind: "peer",
  package: "net-ipc",
  imports: ["net-ipc"],
  cannot: { binary: "a Buffer arrives as numbers in JSON" },
  load: async () => (await import("./parts/net-ipc.ts")).netIpc({ messagepack: false }),
};
