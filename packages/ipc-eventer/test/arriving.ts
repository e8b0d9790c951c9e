import type { Readable } from "node:stream";
import type { IPCServerSocket } from "../src/index.ts";
import { hear } from "./hear.ts";

/** The server's next Readable under an event. */
export async function arriving(remote: IPCServerSocket, event = "s"): Promise<Readable> {
  return (await hear(remote, event)) as Readable;
}
