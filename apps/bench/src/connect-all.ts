import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./contender.ts";

/** Few enough for every listener's queue, and for a server that answers 50 unauthenticated clients at once. */
const atOnce = 32;

/** Connects clients, some at a time. */
export async function connectAll(clients: readonly Client[]): Promise<void> {
  for (let first = 0; first < clients.length; first += atOnce) {
    await Promise.all(clients.slice(first, first + atOnce).map(connectOne));
  }
}

/** Asks again while the listener's queue is full. */
async function connectOne(client: Client): Promise<void> {
  for (;;) {
    try {
      await client.connect();
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      await sleep(10);
    }
  }
}
