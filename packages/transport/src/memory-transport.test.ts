import { describe, expect, test } from "vitest";
import { connectOnce, disconnect } from "../test/connected.ts";
import { testContract } from "../test/connection-contract.ts";
import { record, Recorder } from "../test/recorder.ts";
import { createMemoryTransport } from "./memory-transport.ts";
import type { Connection } from "./transport.ts";

testContract("the memory transport", () => ({
  transport: createMemoryTransport(),
  endpoint: "somewhere",
}));

test("wipes a chunk behind its handler, so that tests find code that keeps one", async () => {
  const carrier = { transport: createMemoryTransport(), endpoint: "wiped" };
  const connected = await connectOnce(carrier);
  const kept = await new Promise<Uint8Array>((resolve) => {
    connected.client.attach({ handleChunk: resolve, handleDrain() {}, handleClose() {} });
    connected.server.send("one");
  });
  expect(kept).toEqual(new Uint8Array(3));
  await disconnect(connected, carrier);
});

describe("given a virtual scheduler", () => {
  const tasks: (() => void)[] = [];
  const turn = (): void => tasks.shift()?.();

  test("delivers one chunk per task, when the scheduler says so", async () => {
    const transport = createMemoryTransport({ schedule: (task) => tasks.push(task) });
    const accepted: Connection[] = [];
    await transport.listen("here", {
      handleConnection: (connection) => accepted.push(connection),
      handleError: () => undefined,
    });
    const dialled = transport.dial("here");
    expect(accepted).toEqual([]);
    turn();
    const client = await dialled;
    client.attach(new Recorder());
    const heard = record(accepted[0]!);
    client.send("one");
    client.send("two");
    client.close();
    expect(heard.text).toBe("");
    turn();
    expect(heard.text).toBe("one");
    turn();
    expect(heard.text).toBe("onetwo");
    expect(heard.closes).toBe(0);
    turn();
    expect(heard.closes).toBe(1);
  });

  test("gives up a dial that the scheduler never lets through", async () => {
    const transport = createMemoryTransport({ schedule: () => undefined });
    await expect(transport.dial("here", { timeout: 1 })).rejects.toMatchObject({
      code: "ETIMEDOUT",
    });
  });
});
