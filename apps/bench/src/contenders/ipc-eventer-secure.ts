import type { Entry } from "../contender.ts";

/** ipc-eventer with a password: authenticated and encrypted. */
export const entry: Entry = {
  name: "ipc-eventer + password",
  kind: "ours",
  package: "ipc-eventer",
  imports: [],
  cannot: {},
  load: async () =>
    (await import("./parts/ipc-eventer.ts")).ipcEventer({ password: "correct horse" }),
};
