import { loadBaseline } from "../baseline.ts";
import type { Entry } from "../contender.ts";

/** Another build of ipc-eventer, which `--baseline` names, with its default options. */
export const entry: Entry = {
  name: "baseline",
  kind: "ours",
  imports: [],
  cannot: {},
  async load() {
    const { ipcEventer } = await import("./parts/ipc-eventer.ts");
    return ipcEventer(await loadBaseline(), {});
  },
};
