import { once } from "node:events";
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { endless } from "./endless.ts";
import { hear } from "./hear.ts";
import { type Hook, relayScene } from "./relay-scene.ts";
import type { Pair } from "./test-place.ts";

async function* counting(to: number): AsyncGenerator<number> {
  for (let n = 0; n < to; n++) yield n;
}

async function openStreams({ ada, bob }: Record<"ada" | "bob", Pair>): Promise<void> {
  const ends = [ada.socket, ada.remote, bob.socket, bob.remote];
  for (const end of ends) await end.flush();
  expect(ends.map((end) => end.closed)).toEqual([false, false, false, false]);
}

describe("a stream in what one client sends to another", () => {
  it("goes through the server, in events, calls and replies", async () => {
    const { ada, bob } = await relayScene();
    const recipient = ada.client.to(bob.socket.id);
    bob.socket.handle("sum", async (numbers: AsyncIterable<number>) => {
      let sum = 0;
      for await (const n of numbers) sum += n;
      return sum;
    });
    bob.socket.handle("count", (to: number) => counting(to));
    const file = hear(bob.socket, "file") as Promise<Readable>;
    const bytes = Buffer.alloc(3_000_000, 7);
    recipient.emit("file", Readable.from([bytes], { objectMode: false }));
    const chunks: Buffer[] = [];
    const received = await file;
    for await (const chunk of received) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(await recipient.invoke("sum", counting(100))).toBe(4_950);
    const counted: unknown[] = [];
    const numbers = (await recipient.invoke("count", 3)) as Readable;
    for await (const n of numbers) counted.push(n);
    expect(counted).toEqual([0, 1, 2]);
  });

  it("is stopped at its source when its reader stops", async () => {
    const { ada, bob } = await relayScene();
    const source: Readable = endless();
    const arrived = hear(bob.socket, "s") as Promise<Readable>;
    ada.client.to(bob.socket.id).emit("s", source);
    const stopped = once(source, "error");
    const reader = await arrived;
    for await (const chunk of reader) {
      expect(chunk).toHaveLength(65_536);
      break;
    }
    expect((await stopped)[0]).toMatchObject({ code: "IPC_STREAM_CANCELLED" });
  });

  it.each([
    ["is refused", () => false, "IPC_RELAY_REFUSED"],
    ["is refused later", () => Promise.resolve(false), "IPC_RELAY_REFUSED"],
    ["is for no client", () => true, "IPC_UNKNOWN_CLIENT"],
  ] satisfies [string, Hook, string][])(
    "is stopped when what it came with %s",
    async (what, hook, code) => {
      const both = await relayScene(hook);
      const id = what === "is for no client" ? "nobody" : both.bob.socket.id;
      const sources = [endless(), endless()];
      both.ada.client.on("error", () => undefined);
      const recipient = both.ada.client.to(id);
      const stopped = Promise.all(sources.map((source) => once(source, "error")));
      recipient.emit("s", sources[0]);
      expect(await codeOf(recipient.invoke("s", [sources[1]]))).toBe(code);
      for (const [error] of await stopped) {
        expect(error).toMatchObject({ code: "IPC_STREAM_CANCELLED" });
      }
      await turn();
      await openStreams(both);
    },
  );

  it("is stopped when the other client goes", async () => {
    const { ada, bob } = await relayScene();
    const source = endless();
    const arrived = hear(bob.socket, "s") as Promise<Readable>;
    ada.client.to(bob.socket.id).emit("s", source);
    (await arrived).once("data", () => undefined);
    const stopped = once(source, "error");
    await bob.client.disconnect();
    expect((await stopped)[0]).toMatchObject({ code: "IPC_STREAM_CANCELLED" });
  });
});
