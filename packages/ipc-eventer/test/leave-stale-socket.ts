import { once } from "node:events";
import { linkSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { endpoint, type TestPlace } from "./test-place.ts";

/** Leave at the endpoint what a server leaves that was killed: a socket that refuses. */
export async function leaveStaleSocket(place: TestPlace): Promise<void> {
  const lower = `${place.directory}/lower`;
  const path = `${place.directory}/${endpoint}.sock`;
  mkdirSync(lower);
  const server = createServer().listen(`${lower}/s`);
  await once(server, "listening");
  // A second name survives when the server takes the first one away.
  linkSync(`${lower}/s`, path);
  server.close();
  await once(server, "close");
  rmdirSync(lower);
  place.finally(() => rmSync(path, { force: true }));
}
