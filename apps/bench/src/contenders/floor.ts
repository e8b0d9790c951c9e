import { connect, createServer } from "node:net";
import { byHand } from "./by-hand.ts";

/** The floor: JSON lines over a bare socket. */
export const floor = byHand({
  ready: "connect",
  listen: (path, accept) => createServer(accept).listen(path),
  dial: (path) => connect(path),
});
