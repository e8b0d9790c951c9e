import type { Entry } from "../contender.ts";

/** zeromq over ipc://, with events and calls by hand. */
export const entry: Entry = {
  name: "zeromq",
  kind: "peer",
  package: "zeromq",
  imports: ["zeromq"],
  cannot: {},
  load: async () => (await import("./parts/zeromq.ts")).zeromq,
};
