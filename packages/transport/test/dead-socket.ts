import { linkSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";

/** Leave a socket at a path as a crash does: no server listens, the file stays. */
export async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}~`);
  await once(server, "listening");
  linkSync(`${path}~`, path);
  server.close();
  await once(server, "close");
}
