import { describe, expect, it } from "vitest";
import { bytes, connected, send, sendUnread } from "./stream-scene.ts";
import { Well } from "./tank.ts";

describe("the flow of a stream", () => {
  it("stops at the window while it is not read on, and stops no other stream", () => {
    const sides = connected({ limits: { streamWindow: 100_000 } });
    const { pair, client, tank } = sides;
    const [slow, fast] = [new Well([bytes(1_000_000)]), new Well([bytes(1_000_000)])];
    client.session?.emit("s", { slow, fast });
    pair.settle();
    const [still, eager] = tank.basins;
    if (still !== undefined) still.reads = false;
    still?.read();
    eager?.read();
    pair.settle();
    expect(still?.stream.waitingBytes).toBe(100_000);
    expect(eager?.bytes).toBe(1_000_000);
    client.session?.emit("e", "not held up");
    pair.settle();
    expect(sides.server.events.at(-1)).toBe("not held up");
    while (still?.stream.ended === false) {
      still.read();
      pair.settle();
    }
    expect(still?.bytes).toBe(1_000_000);
  });

  it("reads no more of a source than the reader has granted and one portion", () => {
    const sides = connected({ limits: { streamWindow: 100_000 } });
    const well = new Well(Array.from({ length: 100 }, () => bytes(10_000)));
    sendUnread(sides, well);
    expect(well.stream?.readyBytes).toBeLessThan(65_536 + 10_000);
    expect((100 - well.chunks.length) * 10_000).toBeLessThan(100_000 + 65_536 + 10_000);
  });

  it("reads ahead no more small values than take a portion with 128 bytes for each", () => {
    const sides = connected();
    const well = new Well(
      Array.from({ length: 5_000 }, () => 1),
      true,
    );
    well.dry = true;
    const basin = sendUnread(sides, well);
    sides.pair.server.pump();
    well.dry = false;
    const before = well.chunks.length;
    well.flow();
    expect(before - well.chunks.length).toBeLessThan(500);
    expect(basin.stream.kind).toBe("ValueStream");
  });

  it("shares 16 MiB with the others of its peer, and has 64 KiB beyond", () => {
    const mebibyte = 1_048_576;
    const sides = connected({ limits: { streamWindow: 10 * mebibyte } });
    const { pair, client, tank } = sides;
    const wells = Array.from({ length: 4 }, () => new Well([bytes(12 * mebibyte)]));
    client.session?.emit("s", wells);
    pair.settle();
    for (const basin of tank.basins) {
      basin.reads = false;
      basin.read();
      pair.settle();
    }
    const held = (): number[] => tank.basins.map(({ stream }) => stream.waitingBytes);
    expect(held()).toEqual([10 * mebibyte, 6 * mebibyte, 65_536, 65_536]);
    tank.basins[0]?.stream.cancel();
    tank.basins[3]?.read();
    pair.settle();
    expect(held()).toEqual([0, 6 * mebibyte, 65_536, 10 * mebibyte - 65_536]);
    for (const basin of tank.basins.slice(1)) basin.reads = true;
    for (const basin of tank.basins.slice(1)) basin.read();
    pair.settle();
    expect(tank.basins.map((basin) => basin.stream.ended)).toEqual([false, true, true, true]);
  });

  it("gives its room back with bytes that are no longer read", () => {
    const mebibyte = 1_048_576;
    const sides = connected({ limits: { streamWindow: 16 * mebibyte } });
    for (let round = 0; round < 3; round++) {
      for (const finish of ["read", "cancel"] as const) {
        const well = new Well([bytes(mebibyte), bytes(17 * mebibyte)]);
        sides.client.session?.emit("s", well);
        sides.pair.settle();
        const basin = sides.tank.basins.at(-1);
        if (basin !== undefined) basin.reads = false;
        basin?.read();
        sides.pair.settle();
        expect(basin?.stream.waitingBytes).toBe(16 * mebibyte);
        if (basin !== undefined) basin.reads = true;
        if (finish === "read") basin?.read();
        else basin?.stream.cancel();
        sides.pair.settle();
      }
    }
  });

  it("lets the last value pass the window, however large it is", () => {
    const sides = connected({ limits: { streamWindow: 1_024 } });
    const values = ["x".repeat(400_000), "y".repeat(3_000), "z"];
    const basin = send(sides, new Well(values, true));
    expect(basin.chunks).toEqual(values);
  });

  it("gives all streams their turn, a chunk each", () => {
    const sides = connected();
    const { pair, client, tank } = sides;
    const wells = Array.from({ length: 10 }, () => new Well([bytes(500_000)]));
    client.session?.emit("s", wells);
    pair.settle();
    tank.basins.forEach((basin) => basin.read());
    let widest = 0;
    while (tank.basins.some(({ stream }) => !stream.ended)) {
      client.pump();
      pair.arrive("server", 50_000);
      pair.arrive("client");
      const counts = tank.basins.map((basin) => basin.bytes);
      widest = Math.max(widest, Math.max(...counts) - Math.min(...counts));
    }
    expect(widest).toBeLessThanOrEqual(3 * 65_536);
    expect(tank.basins.map((basin) => basin.bytes)).toEqual(wells.map(() => 500_000));
  });

  it("keeps an event waiting for one write of streams at most", () => {
    const sides = connected({ limits: { streamWindow: 10_000_000 } });
    const { pair, client } = sides;
    client.session?.emit("s", new Well(Array.from({ length: 200 }, () => bytes(65_536))));
    pair.settle();
    sides.tank.basins[0]?.read();
    sides.server.pump();
    client.blocked = true;
    pair.arrive("client");
    expect(client.session?.queuedBytes).toBe(client.bufferedBytes);
    client.session?.emit("e", 1);
    client.drain();
    pair.write();
    const ahead = pair.pending("server");
    pair.arrive("server", ahead);
    expect(ahead).toBeLessThan(2 * (131_072 + 1_000));
    expect(sides.server.events.at(-1)).toBe(1);
  });

  it("has its turn again and again, though events never cease to wait", () => {
    const sides = connected({ limits: { streamWindow: 10_000_000 } });
    const { pair, client, server, tank } = sides;
    client.session?.emit("s", new Well(Array.from({ length: 100 }, () => bytes(65_536))));
    pair.settle();
    client.blocked = true;
    for (let event = 0; event < 10; event++) client.session?.emit("e", "x".repeat(200_000));
    tank.basins[0]?.read();
    server.pump();
    pair.write();
    for (let write = 0; write < 30; write++) {
      for (let event = 0; event < 2; event++) client.session?.emit("e", "x".repeat(200_000));
      client.bufferedBytes = 0;
      client.machine?.handleDrain(pair.now);
      pair.write();
      pair.arrive("server");
      pair.arrive("client");
    }
    expect(client.session?.queuedBytes).toBeGreaterThan(500_000);
    expect(tank.basins[0]?.bytes).toBeGreaterThanOrEqual(3 * 65_536);
  });
});

describe("given a long backlog", () => {
  it("has one chunk of a stream wait behind it, and no more", () => {
    const sides = connected({ limits: { streamWindow: 10_000_000 } });
    const { pair, client, server, tank } = sides;
    const wells = [1, 2].map(() => new Well(Array.from({ length: 100 }, () => bytes(65_536))));
    client.session?.emit("s", wells);
    pair.settle();
    client.blocked = true;
    const backlog = 40 * 200_000;
    for (let event = 0; event < 40; event++) client.session?.emit("e", "x".repeat(200_000));
    for (const basin of tank.basins) basin.read();
    server.pump();
    pair.write();
    let written = 0;
    for (let write = 0; write < 15; write++) {
      client.bufferedBytes = 0;
      client.machine?.handleDrain(pair.now);
      pair.write();
      written += pair.pending("server");
      pair.arrive("server");
      pair.arrive("client");
      const waiting = (client.session?.queuedBytes ?? 0) - client.bufferedBytes;
      expect(waiting).toBeLessThanOrEqual(backlog - written + 2 * 65_536 + 2_000);
    }
  });
});
