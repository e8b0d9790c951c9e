import { once } from "node:events";
import { createServer } from "node:net";
import { answer } from "../answer.ts";
import { parsesPerSecond } from "../time-json.ts";

const end = 0x21;

/** Takes bytes on a bare connection and answers with one byte whenever a chunk ends with `!`. */
async function listen(path: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on("data", (chunk) => {
      if (chunk.at(-1) === end) socket.write("!");
    });
  });
  server.listen(path);
  await once(server, "listening");
}

const routines = { listen, parsesPerSecond };

/** The routines of the server process of the limits. */
export type RawServerRoutines = typeof routines;

answer(routines);
