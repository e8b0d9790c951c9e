import type { Entry } from "../contender.ts";
import { cannotCrowd } from "./parts/cannot-crowd.ts";

/** The channel of node:child_process with structured clones. */
export const entry: Entry = {
  name: "child_process (advanced)",
  kind: "peer",
  imports: [],
  cannot: cannotCrowd,
  load: async () => (await import("./parts/child-process.ts")).childProcess("advanced"),
};
