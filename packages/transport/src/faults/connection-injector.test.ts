import { beforeEach, describe, expect, test } from "vitest";
import { FaultWorld } from "../../test/fault-world.ts";
import type { Cut, Direction } from "./faults.ts";

let world: FaultWorld;

beforeEach(async () => {
  world = await FaultWorld.create();
});

describe.each<[Cut, object | undefined]>([
  ["reset", expect.objectContaining({ code: "ECONNRESET" }) as object],
  ["end", undefined],
])("given a cut as %s", (how, error) => {
  test("ends both sides at once, once, and loses what is under way", async () => {
    const { client, server, atClient, atServer } = await world.connect();
    world.faults.delay({ turns: 2 });
    client.send("lost");
    server.close();
    world.faults.cut(how);
    world.faults.cut(how);
    world.turn();
    client.send("too late");
    world.turn();
    expect([atClient.text, atServer.text]).toEqual(["", ""]);
    expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
    expect([atClient.error, atServer.error]).toEqual([error, error]);
    expect([client.open, server.open, client.bufferedBytes]).toEqual([false, false, 0]);
  });

  test("ends a connection that is stalled, and stays cut whatever is said later", async () => {
    const { client, atClient, atServer } = await world.connect();
    world.faults.stall();
    client.send("lost");
    world.faults.cut(how);
    world.faults.stall();
    world.turn();
    expect([atClient.error, atServer.error]).toEqual([error, error]);
    expect([atClient.closes, atServer.closes, atServer.byteCount]).toEqual([1, 1, 0]);
  });

  test.each<[Direction, number]>([
    ["toServer", 0],
    ["toServer", 1],
    ["toClient", 6],
    ["toClient", 7],
  ])("ends it after exactly so many bytes (%s, %i)", async (direction, count) => {
    world.faults.cutAfter(count, direction, how);
    const { client, server, atClient, atServer } = await world.connect();
    const [sender, receiver] = direction === "toServer" ? [client, atServer] : [server, atClient];
    sender.send("abcd");
    sender.send("efghi");
    world.turn();
    expect(receiver.text).toBe("abcdefghi".slice(0, count));
    expect(world.faults.arrived(direction)).toBe(count);
    expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
    expect([atClient.error, atServer.error]).toEqual([error, error]);
  });

  test("ends it at once when that many bytes have arrived already", async () => {
    const { client, atClient, atServer } = await world.connect();
    client.send("abc");
    world.turn();
    world.faults.cutAfter(3, "toServer", how);
    world.turn();
    expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
  });

  test("ends nothing before its last byte has arrived", async () => {
    world.faults.cutAfter(4, "toServer", how);
    const { client, atServer } = await world.connect();
    client.send("abc");
    world.turn();
    expect([atServer.text, atServer.closes]).toEqual(["abc", 0]);
  });
});

describe("given a reader that has paused", () => {
  test("tells it of a reset at once, and of a clean end when it resumes", async () => {
    const [first, second] = [await world.connect(), await world.connect()];
    first.server.pause();
    second.server.pause();
    world.faults.connection(0).cut("reset");
    world.faults.connection(1).cut("end");
    world.turn();
    expect([first.atServer.closes, second.atServer.closes]).toEqual([1, 0]);
    second.server.resume();
    world.turn();
    expect(second.atServer.closes).toBe(1);
  });
});
