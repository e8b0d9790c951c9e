import type { Entry } from "../contender.ts";

/** ws over a Unix socket: frames, with events and calls by hand. */
export const entry: Entry = {
  name: "ws",
  kind: "peer",
  package: "ws",
  imports: ["ws"],
  cannot: {},
  load: async () => (await import("./parts/ws.ts")).ws,
};
