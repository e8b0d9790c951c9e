import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { Gate } from "./gate.ts";
import { TestPlace } from "./test-place.ts";

interface Message {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

interface Passed<Data> {
  readonly from: string;
  readonly data: Data;
}

/** Ada and Bob at a server that passes on what one calls at the other. */
async function passingOn() {
  const place = new TestPlace();
  const server = await place.serve();
  server.handle("to", ({ id, event, data }: Message, { socket, signal }) => {
    const other = server.sockets.find((one) => one.id === id);
    return other?.invoke(event, { from: socket.id, data }, { signal });
  });
  const [ada, bob] = [await place.pair(server), await place.pair(server)];
  return { server, ada, bob };
}

it("passes a reply back, and the error of the other client's handler with its code", async () => {
  const { ada, bob } = await passingOn();
  bob.client.handle("add", ({ from, data }: Passed<number[]>) => [
    from,
    data.reduce((sum, next) => sum + next),
  ]);
  bob.client.handle("fail", () => {
    throw Object.assign(new Error("no"), { code: "TIRED" });
  });
  const { id } = bob.socket;
  const sum = ada.socket.invoke("to", { id, event: "add", data: [40, 2] });
  await expect(sum).resolves.toEqual([ada.socket.id, 42]);
  const failed = ada.socket.invoke("to", { id, event: "fail", data: 1 });
  await expect(failed).rejects.toMatchObject({ code: "TIRED", message: "no" });
  const unknown = ada.socket.invoke("to", { id, event: "unknown", data: 1 });
  await expect(unknown).rejects.toMatchObject({ code: "IPC_NO_HANDLER" });
});

it("passes a cancellation on to the other client's handler", async () => {
  const { ada, bob } = await passingOn();
  const gate = new Gate();
  bob.client.handle("wait", gate.handler);
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const asked = ada.socket.invoke("to", { id: bob.socket.id, event: "wait" }, { signal });
  await gate.holds(1);
  giveUp.abort();
  await expect(asked).rejects.toMatchObject({ code: "IPC_CALL_CANCELLED" });
  await gate.aborted(1);
  gate.open();
});

it("passes streams on, in both directions", async () => {
  const { ada, bob } = await passingOn();
  bob.client.handle("upper", async ({ data }: Passed<Readable>) => {
    const words = (await data.toArray()) as string[];
    return Readable.from(words.map((word) => word.toUpperCase()));
  });
  const message = { id: bob.socket.id, event: "upper", data: Readable.from(["a", "b"]) };
  const reply = (await ada.socket.invoke("to", message)) as Readable;
  expect(await reply.toArray()).toEqual(["A", "B"]);
});
