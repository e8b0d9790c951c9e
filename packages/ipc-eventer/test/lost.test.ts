import { createFaults, createMemoryTransport } from "@ipc/transport";
import { expect, it } from "vitest";
import { IPCClient, IPCServer } from "../src/index.ts";
import { hear } from "./hear.ts";

it("does not call lost what had arrived in a session that the server has ended and remembers", async () => {
  const faults = createFaults();
  const transport = createMemoryTransport({ faults });
  const server = new IPCServer("lost", { transport, maxParkedSessions: 0 });
  await server.start();
  const client = new IPCClient("lost", { transport, reconnect: true });
  const socket = await client.connect();
  const lost: unknown[] = [];
  client.on("lost", ({ unsent, unconfirmed }) => lost.push(unsent, unconfirmed));
  const first = hear(server, "n");
  socket.emit("n", 1);
  await first;
  // It has been heard, and not acknowledged yet.
  const over = hear(client, "disconnected");
  faults.cut();
  await hear(client, "disconnect");
  const second = hear(server, "n");
  socket.emit("n", 2);
  await expect(over).resolves.toBe(socket);
  await expect(second).resolves.toBe(2);
  expect(lost).toEqual([]);
  await Promise.all([client.disconnect(), server.stop()]);
});
