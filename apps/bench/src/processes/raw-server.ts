import { once } from "node:events";
import { createServer } from "node:net";
import { answer } from "../answer.ts";

/** Takes bytes on a bare connection and answers with one byte whenever `bytes` more have come. */
async function listen(path: string, bytes: number): Promise<void> {
  const server = createServer((socket) => {
    let missing = bytes;
    socket.on("data", (chunk) => {
      missing -= chunk.length;
      if (missing > 0) return;
      missing += bytes;
      socket.write("!");
    });
  });
  server.listen(path);
  await once(server, "listening");
}

const routines = { listen };

/** What the server process of the limits does on request. */
export type RawServerRoutines = typeof routines;

answer(routines);
