import { Buffer } from "node:buffer";
import {
  defaultLimits,
  MessageEncoder,
  Session,
  type SessionLimits,
  type SessionSink,
} from "@ipc/protocol";
import { Driver } from "../src/driver/driver.ts";
import { HandshakeDriver } from "../src/driver/handshake-driver.ts";
import type { WrittenConnection } from "./written-connection.ts";

/** The handshake of a client that a server has welcomed, as a session takes it. */
export function begunHandshake(
  connection: WrittenConnection,
  limits: SessionLimits = defaultLimits,
): HandshakeDriver {
  const options = { role: "client", limits, hello: { name: "x" }, now: performance.now() } as const;
  const begun = new HandshakeDriver(
    connection,
    options,
    { key: undefined },
    {
      handleWelcome: () => undefined,
      handleNotOpened: () => undefined,
    },
  );
  const said = ['{"ipc":[1],"role":"server","mode":"plain"}', '{"welcome":{"id":"a","token":"b"}}'];
  begun.handleChunk(Buffer.from(`${said.join("\n")}\n`));
  return begun;
}

/** The driver of a client's session, which a server has welcomed over a connection. */
export function begunSession(
  connection: WrittenConnection,
  sink: SessionSink,
  limits: SessionLimits = defaultLimits,
): Driver {
  const begun = begunHandshake(connection, limits);
  const { handshake } = begun;
  const encoder = new MessageEncoder(limits);
  const session = new Session({ handshake, limits, encoder, now: performance.now() });
  return new Driver(session, begun, sink);
}
