import type { Entry } from "../contender.ts";

/** The floor: JSON lines over a bare socket. */
export const entry: Entry = {
  name: "floor",
  kind: "floor",
  imports: ["node:net"],
  cannot: { binary: "JSON lines carry no bytes" },
  async load() {
    const { connect, createServer } = await import("node:net");
    const { byHand } = await import("./parts/by-hand.ts");
    return byHand({
      ready: "connect",
      listen: (path, accept) => createServer(accept).listen(path),
      dial: (path) => connect(path),
    });
  },
};
