import type { Entry } from "../contender.ts";
import { cannotCrowd } from "./parts/cannot-crowd.ts";

/** The channel of node:child_process with its default serialization. */
export const entry: Entry = {
  name: "child_process (json)",
  kind: "peer",
  imports: ["node:child_process"],
  cannot: { ...cannotCrowd, binary: "a Buffer arrives as numbers in JSON" },
  load: async () => (await import("./parts/child-process.ts")).childProcess("json"),
};
