import type { Entry } from "../contender.ts";

/** socket.io over WebSocket on a Unix socket. */
export const entry: Entry = {
  name: "socket.io",
  kind: "peer",
  package: "socket.io",
  imports: ["socket.io", "socket.io-client"],
  cannot: {},
  load: async () => (await import("./parts/socket-io.ts")).socketIo,
};
