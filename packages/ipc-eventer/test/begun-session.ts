import { Buffer } from "node:buffer";
import { defaultLimits, MessageEncoder, Session, type SessionLimits } from "@ipc/protocol";
import type { SessionSink } from "@ipc/protocol";
import { Driver } from "../src/driver/driver.ts";
import { HandshakeDriver } from "../src/driver/handshake-driver.ts";
import type { WrittenConnection } from "./written-connection.ts";

/** The driver of a client's session, which a server has welcomed over a connection. */
export function begunSession(
  connection: WrittenConnection,
  sink: SessionSink,
  limits: SessionLimits = defaultLimits,
): Driver {
  const now = performance.now();
  let driver: Driver | undefined;
  const options = { role: "client", limits, hello: { name: "x" }, now } as const;
  const begun = new HandshakeDriver(
    connection,
    options,
    { key: undefined },
    {
      handleWelcome: ({ handshake }) => {
        const encoder = new MessageEncoder(limits);
        driver = new Driver(new Session({ handshake, limits, encoder, now }), begun, sink);
      },
      handleNotOpened: () => undefined,
    },
  );
  const said = ['{"ipc":[1],"role":"server","mode":"plain"}', '{"welcome":{"id":"a","token":"b"}}'];
  begun.handleChunk(Buffer.from(`${said.join("\n")}\n`));
  if (driver === undefined) throw new Error("no session has begun");
  return driver;
}
