import type { Entry } from "../contender.ts";

/** ipc-eventer with its default options. */
export const entry: Entry = {
  name: "ipc-eventer",
  kind: "ours",
  package: "ipc-eventer",
  imports: ["ipc-eventer"],
  cannot: {},
  async load() {
    const { ipcEventer } = await import("./parts/ipc-eventer.ts");
    return ipcEventer(await import("ipc-eventer"), {});
  },
};
