import { setImmediate as turn } from "node:timers/promises";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { Latch } from "./latch.ts";
import { prefaceWith } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("what a peer makes wait", () => {
  it("is a few large chunks, when its stream came as thousands of single bytes", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { open, opened } = new Latch();
    const sizes: number[] = [];
    let ahead = 0;
    server.handle("save", async (file: Readable) => {
      for await (const chunk of file) {
        if (sizes.length === 0) await opened;
        ahead = Math.max(ahead, file.readableLength);
        sizes.push((chunk as Buffer).length);
      }
      return "saved";
    });
    const { peer } = await place.rawPair(server, prefaceWith("streams"));
    peer.say('*1 [1,"save",{"$bin":[0,"ByteStream"]}]\n1');
    await peer.hears('"credit"');
    peer.say('*1 {"stream":{"id":1}}\nx'.repeat(20_000));
    const [socket] = server.sockets;
    while ((socket?.stats().received ?? 0) < 20_001) await turn();
    open();
    peer.say('{"stream":{"id":1,"end":true}}\n');
    await peer.hears('"saved"');
    expect(sizes.reduce((sum, size) => sum + size)).toBe(20_000);
    expect(sizes.length).toBeLessThan(40);
    expect(ahead).toBeLessThanOrEqual(16_384);
  });

  it("delays a call of another peer by one of its own calls, in a handler that runs one at a time", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const [greedy, honest] = [await place.pair(server), await place.pair(server)];
    const { open, opened } = new Latch();
    const order: unknown[] = [];
    const handler = async (who: unknown): Promise<void> => {
      await opened;
      order.push(who);
    };
    server.handle("serial", handler, { concurrency: 1 });
    const calls = Array.from({ length: 100 }, () => greedy.socket.invoke("serial", "greedy"));
    while (greedy.remote.stats().pendingCalls < 100) await turn();
    calls.push(honest.socket.invoke("serial", "honest"));
    while (honest.remote.stats().pendingCalls < 1) await turn();
    open();
    await Promise.all(calls);
    expect(order.indexOf("honest")).toBeLessThanOrEqual(2);
  });

  it("is none of its calls once its session is over, while a handler is at work for another peer", async () => {
    const place = new TestPlace();
    const arrived: WeakRef<object>[] = [];
    const validate = (value: unknown): { readonly value: unknown } => {
      if (typeof value === "object" && value !== null) arrived.push(new WeakRef(value));
      return { value };
    };
    const schema = { "~standard": { version: 1 as const, vendor: "test", validate } };
    const server = await place.serve({ schemas: { serial: schema } });
    const [honest, greedy] = [await place.pair(server), await place.pair(server)];
    const { open, opened } = new Latch();
    server.handle("serial", () => opened, { concurrency: 1 });
    const first = honest.socket.invoke("serial");
    while (honest.remote.stats().pendingCalls < 1) await turn();
    const calls = Array.from({ length: 3 }, () => greedy.socket.invoke("serial", { some: "data" }));
    const ends = Promise.allSettled(calls);
    while (arrived.length < 3) await turn();
    await greedy.client.disconnect();
    await ends;
    while (server.sockets.length > 1) await turn();
    for (let round = 0; round < 10; round++) {
      await turn();
      collectGarbage();
    }
    expect(arrived.map((data) => data.deref())).toEqual([undefined, undefined, undefined]);
    open();
    await first;
  });

  it("is 1,024 streams of this side, however many its preface says that it takes", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    let sources = 0;
    server.handle("give", () => {
      sources++;
      return Readable.from([1]);
    });
    const greedy = prefaceWith("streams").replace("}", ',"limits":{"streams":1e308}}');
    const { peer } = await place.rawPair(server, greedy);
    const calls = Array.from({ length: 1_100 }, (_, index) => `[${index + 1},"give"]\n`);
    peer.say(calls.slice(0, 550).join(""));
    await peer.hears('{"reply":{"id":550,');
    peer.say(calls.slice(550).join(""));
    await peer.hears('{"reply":{"id":1100,');
    expect(sources).toBe(1_100);
    expect(peer.text.match(/"ValueStream"/g)).toHaveLength(1_024);
    expect(peer.text.match(/"code":"IPC_TOO_MANY_STREAMS"/g)).toHaveLength(76);
    peer.say('{"stream":{"id":1,"cancel":{}}}\n');
    await peer.hears('{"stream":{"id":1,"end":true}}');
    peer.say('[1101,"give"]\n');
    await peer.hears('{"reply":{"id":1101,"data":');
  });

  it("is as many bytes of calls as maxCallBytes says, and one more call is refused", async () => {
    const place = new TestPlace();
    const server = await place.serve({ maxCallBytes: 10_000 });
    const { socket } = await place.pair(server);
    const { open, opened } = new Latch();
    server.handle("hang", () => opened);
    const calls = Array.from({ length: 3 }, () => socket.invoke("hang", "x".repeat(3_000)));
    const last = calls.at(-1) ?? Promise.resolve();
    expect(await codeOf(last)).toBe("IPC_TOO_MANY_CALLS");
    await expect(last).rejects.toThrow(/10000 bytes of them \(its maxCallBytes\)/);
    open();
    await Promise.all(calls.slice(0, 2));
  });
});
