import type { Entry } from "../contender.ts";

/** ipc-eventer with a password: authenticated and encrypted. */
export const entry: Entry = {
  name: "ipc-eventer + password",
  kind: "ours",
  package: "ipc-eventer",
  imports: [],
  cannot: {},
  async load() {
    const { ipcEventer } = await import("./parts/ipc-eventer.ts");
    return ipcEventer(await import("ipc-eventer"), { password: "correct horse" });
  },
};
