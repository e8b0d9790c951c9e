import { createMemoryTransport } from "@ipc/transport/testing";
import { expect, it, vi } from "vitest";
import { IPCClient, IPCServer } from "../index.ts";

const { made } = vi.hoisted(() => ({ made: [] as string[] }));

vi.mock("../errors.ts", async (original) => {
  const module = await original<typeof import("../errors.ts")>();
  class Counted extends module.IPCError {
    constructor(...values: ConstructorParameters<typeof module.IPCError>) {
      super(...values);
      made.push(this.code);
    }
  }
  return { ...module, IPCError: Counted };
});

it("makes the error of a disconnect only for a pending connect", async () => {
  const transport = createMemoryTransport();
  const server = new IPCServer("link", { transport });
  await server.start();
  const client = new IPCClient("link", { transport });
  await client.connect();
  await client.disconnect();
  await client.disconnect();
  expect(made).toEqual([]);
  const pending = client.connect();
  const left = client.disconnect();
  await expect(pending).rejects.toMatchObject({ code: "IPC_CLOSED" });
  await left;
  expect(made).toEqual(["IPC_CLOSED"]);
  await server.stop();
});
