import type { Entry } from "../contender.ts";

/** ipc-eventer with its default options. */
export const entry: Entry = {
  name: "ipc-eventer",
  kind: "ours",
  package: "ipc-eventer",
  imports: ["ipc-eventer"],
  cannot: {},
  load: async () => (await import("./parts/ipc-eventer.ts")).ipcEventer({}),
};
