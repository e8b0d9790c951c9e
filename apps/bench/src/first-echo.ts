import { isDeepStrictEqual } from "node:util";
import type { Client } from "./contender.ts";
import { hearingOf } from "./hearing.ts";
import { record } from "./payload.ts";

/** A function that connects a client and resolves with the milliseconds until its first event has come back. */
export function firstEcho(client: Client): () => Promise<number> {
  const hearing = hearingOf(client, "echo");
  return async () => {
    const start = performance.now();
    await client.connect();
    const echo = await new Promise((resolve) => {
      hearing.listener = resolve;
      client.emit("echo", record);
    });
    const took = performance.now() - start;
    if (!isDeepStrictEqual(echo, record)) throw new Error("The first echo is not what was sent.");
    return took;
  };
}
