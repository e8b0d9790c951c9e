import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { ProtocolError } from "../src/index.ts";
import { RecoveryPair, type RecoveryPairOptions } from "./recovery-pair.ts";
import type { Side } from "./recovery-side.ts";
import { type Basin, Tank, Well } from "./tank.ts";

interface Sides {
  readonly pair: RecoveryPair;
  readonly client: Side;
  readonly server: Side;
  /** What the server's application has of the client's streams. */
  readonly tank: Tank;
  readonly clientTank: Tank;
}

function connected(options: RecoveryPairOptions = {}): Sides {
  const tanks = { client: new Tank(), server: new Tank() };
  const pair = new RecoveryPair({ streams: (role) => tanks[role], ...options });
  pair.connect();
  const { client, server } = pair;
  return { pair, client, server, tank: tanks.server, clientTank: tanks.client };
}

function bytes(size: number, fill = 1): Buffer {
  return Buffer.alloc(size, fill);
}

function codeOf(error: unknown): unknown {
  return (error as ProtocolError | undefined)?.code;
}

/** Send a well from the client and let the server's reader read. */
function send(sides: Sides, well: Well): Basin {
  sides.client.session?.emit("s", well);
  sides.pair.settle();
  const basin = sides.tank.basins.at(-1);
  if (basin === undefined) throw new Error("no stream has come");
  basin.read();
  sides.pair.settle();
  return basin;
}

describe("a stream", () => {
  it("stands in the data, and brings the source's bytes up to its end", () => {
    const sides = connected();
    const basin = send(sides, new Well([Buffer.from("ab"), Buffer.from("c")]));
    expect(sides.server.events).toEqual([basin]);
    expect(basin.text).toBe("abc");
    expect(basin.stream.ended).toBe(true);
    expect(sides.client.session?.openStreams).toBe(0);
    expect(sides.server.session?.openStreams).toBe(0);
  });

  it("brings values as they are, binary ones among them", () => {
    const values = [{ a: 1 }, "text", 0, false, [Buffer.from("x"), new Uint16Array([1, 2])]];
    const basin = send(connected(), new Well(values, true));
    expect(basin.chunks).toEqual(values);
    expect(basin.stream.ended).toBe(true);
  });

  it("may be at any depth, beside others and beside binary values", () => {
    const sides = connected();
    const [one, other] = [new Well([Buffer.from("1")]), new Well([{ n: 2 }], true)];
    sides.client.session?.emit("s", { deep: [{ one }], other, raw: Buffer.from("raw"), $bin: 1 });
    sides.pair.settle();
    const [first, second] = sides.tank.basins;
    expect(sides.server.events).toEqual([
      { deep: [{ one: first }], other: second, raw: Buffer.from("raw"), $bin: 1 },
    ]);
    for (const basin of sides.tank.basins) basin.read();
    sides.pair.settle();
    expect([first?.text, second?.chunks]).toEqual(["1", [{ n: 2 }]]);
  });

  it("goes with a call, and with its reply", () => {
    const sides = connected();
    sides.server.answer = () => new Well([Buffer.from("down")]);
    sides.client.session?.calls.invoke("c", new Well([Buffer.from("up")]), { event: "c" }, 0, 0);
    sides.pair.settle();
    const [up] = sides.tank.basins;
    const [down] = sides.clientTank.basins;
    up?.read();
    down?.read();
    sides.pair.settle();
    expect([up?.text, down?.text]).toEqual(["up", "down"]);
    const reply = sides.client.seen.find(([kind]) => kind === "reply");
    expect(reply?.[2]).toEqual({ type: "data", data: down });
  });

  it("goes on lane 0 whatever lane was asked for", () => {
    const sides = connected();
    const options = { lane: 3 };
    sides.client.session?.emitWith("s", new Well([Buffer.from("x")]), options, 0);
    sides.client.session?.calls.invoke("c", new Well([]), { event: "c" }, 0, 0, 2);
    sides.pair.settle();
    expect(sides.tank.basins).toHaveLength(2);
  });

  it("is not read before somebody reads it at the other side", () => {
    const sides = connected();
    const well = new Well([bytes(10)]);
    sides.client.session?.emit("s", well);
    sides.pair.settle();
    expect(well.pulls).toBe(0);
    sides.tank.basins[0]?.read();
    sides.pair.settle();
    expect(well.pulls).toBe(1);
  });

  it("waits for a source that has nothing yet", () => {
    const sides = connected();
    const well = new Well([Buffer.from("late")]);
    well.dry = true;
    const basin = send(sides, well);
    expect(basin.chunks).toEqual([]);
    well.flow();
    sides.pair.settle();
    expect(basin.text).toBe("late");
    well.flow();
    sides.pair.settle();
    expect(basin.stream.ended).toBe(true);
  });

  it("may be empty", () => {
    const basin = send(connected(), new Well([]));
    expect(basin.stream.ended).toBe(true);
    expect(basin.chunks).toEqual([]);
  });

  it("leaves chunks of no bytes out", () => {
    const basin = send(connected(), new Well([bytes(0), bytes(1), bytes(0)]));
    expect(basin.chunks).toEqual([bytes(1)]);
    expect(basin.stream.ended).toBe(true);
  });
});

describe("the flow of a stream", () => {
  it("stops at the window while nobody reads on, and stops nobody else", () => {
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
    sides.client.session?.emit("s", well);
    sides.pair.settle();
    const [basin] = sides.tank.basins;
    if (basin !== undefined) basin.reads = false;
    basin?.read();
    sides.pair.settle();
    expect(well.stream?.readyBytes).toBeLessThan(65_536 + 10_000);
    expect((100 - well.chunks.length) * 10_000).toBeLessThan(100_000 + 65_536 + 10_000);
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

  it("gives its room back with what nobody reads any more", () => {
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
      client.carried?.handleDrain(pair.now);
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
      client.carried?.handleDrain(pair.now);
      pair.write();
      written += pair.pending("server");
      pair.arrive("server");
      pair.arrive("client");
      const waiting = (client.session?.queuedBytes ?? 0) - client.bufferedBytes;
      expect(waiting).toBeLessThanOrEqual(backlog - written + 2 * 65_536 + 2_000);
    }
  });
});

describe("the end of a stream", () => {
  it("tells the reader of a source that failed, after what had come", () => {
    const failure = new TypeError("disk full");
    const basin = send(connected(), new Well([Buffer.from("x")], false, failure));
    expect(basin.stream.error).toMatchObject({ name: "TypeError", message: "disk full" });
    expect(basin.stream.ended).toBe(false);
  });

  it("lets go of the source when the reader wants no more, and says why", () => {
    const sides = connected();
    const well = new Well([bytes(1_000_000), bytes(1_000_000)]);
    sides.client.session?.emit("s", well);
    sides.pair.settle();
    const [basin] = sides.tank.basins;
    if (basin !== undefined) basin.reads = false;
    basin?.read();
    sides.pair.settle();
    basin?.stream.cancel({ name: "Error", message: "seen enough" });
    sides.pair.settle();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_CANCELLED");
    expect(well.stopped?.cause).toMatchObject({ message: "seen enough" });
    expect(sides.client.session?.openStreams).toBe(0);
    expect(sides.server.session?.openStreams).toBe(0);
    expect(basin?.stream.waitingBytes).toBe(0);
  });

  it("may be wished for by both sides at once", () => {
    const sides = connected();
    const well = new Well([Buffer.from("x")]);
    sides.client.session?.emit("s", well);
    sides.pair.settle();
    const [basin] = sides.tank.basins;
    basin?.read();
    sides.pair.write();
    sides.pair.arrive("client");
    basin?.stream.cancel();
    basin?.stream.cancel();
    sides.pair.settle();
    expect(well.stopped).toBeUndefined();
    expect(sides.client.session?.phase).toBe("open");
    expect(sides.server.session?.openStreams).toBe(0);
  });

  it("comes with the end of the session, on both sides", () => {
    const sides = connected();
    const well = new Well([bytes(10)]);
    well.dry = true;
    const basin = send(sides, well);
    sides.client.session?.close("requested", 0);
    sides.pair.settle();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_LOST");
    expect(codeOf(basin.stream.error)).toBe("IPC_STREAM_LOST");
  });

  it("comes with a session that is lost", () => {
    const sides = connected();
    const well = new Well([bytes(10)]);
    well.dry = true;
    const basin = send(sides, well);
    sides.pair.cut();
    expect(well.stopped).toBeUndefined();
    sides.pair.pass(10_000);
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_LOST");
    expect(codeOf(basin.stream.error)).toBe("IPC_STREAM_LOST");
  });

  it("leaves to the reader what had come before the session ended", () => {
    const sides = connected();
    sides.client.session?.emit("s", new Well([Buffer.from("all")]));
    sides.pair.settle();
    const [basin] = sides.tank.basins;
    if (basin !== undefined) basin.reads = false;
    basin?.read();
    sides.pair.settle();
    sides.client.session?.close("requested", 0);
    sides.pair.settle();
    expect(basin?.stream.error).toBeUndefined();
    basin?.read();
    expect(basin?.text).toBe("all");
    expect(basin?.stream.ended).toBe(true);
  });
});

describe("a stream that cannot be sent", () => {
  it("has several readers", () => {
    const { client } = connected();
    const well = new Well([]);
    client.session?.emit("s", well);
    expect(() => client.session?.emit("s", well)).toThrow(/sent before/);
    expect(() => client.session?.emit("s", [new Well([]), well])).toThrow(/sent before/);
    const twice = new Well([]);
    expect(() => client.session?.emit("s", [twice, twice])).toThrow(/twice/);
  });

  it("is read by somebody already, or over", () => {
    const { client } = connected();
    for (const flag of ["locked", "destroyed", "readableEnded"]) {
      const well = Object.assign(new Well([]), { [flag]: true });
      expect(() => client.session?.emit("s", well)).toThrow(/A stream in the data is/);
    }
  });

  it("is within a stream", () => {
    const sides = connected();
    const well = new Well([{ inner: new Well([]) }], true);
    let thrown: unknown;
    const push = (chunk: unknown): void => {
      try {
        well.stream?.push(chunk);
      } catch (error) {
        thrown = error;
      }
    };
    well.pull = () => push(well.chunks.shift());
    send(sides, well);
    expect(codeOf(thrown)).toBe("IPC_STREAM_NOT_SENDABLE");
  });

  it("is one too many for the peer", () => {
    const sides = connected({ limits: { maxStreams: 2 } });
    const { client, pair } = sides;
    const tooMany = new Well([]);
    expect(client.session?.emit("s", [new Well([]), new Well([])])).toBe(true);
    expect(client.session?.emit("s", tooMany)).toBe(false);
    expect(codeOf(sides.clientTank.discarded[0]?.[1].cause)).toBe("IPC_TOO_MANY_STREAMS");
    pair.settle();
    sides.tank.basins[0]?.read();
    pair.settle();
    expect(client.session?.emit("s", new Well([]))).toBe(true);
    pair.settle();
    expect(sides.tank.basins).toHaveLength(3);
    expect(sides.server.session?.phase).toBe("open");
  });

  it("is for a peer that takes none", () => {
    const tank = new Tank();
    const sides = connected({ streams: (role) => (role === "client" ? tank : undefined) });
    const answer = sides.client.session?.calls.invoke("c", new Well([]), { event: "c" }, 0, 0);
    expect(codeOf(answer)).toBe("IPC_STREAMS_UNSUPPORTED");
    expect(tank.discarded).toHaveLength(1);
  });

  it("is in an event that is dropped before it leaves", () => {
    const { client, clientTank, pair, tank } = connected();
    pair.cut();
    const [first, second] = [new Well([]), new Well([])];
    client.session?.emitWith("s", first, { conflate: "k" }, 0);
    client.session?.emitWith("s", second, { conflate: "k", ttl: 100 }, 0);
    client.pump();
    expect(codeOf(first.stopped)).toBe("IPC_STREAM_LOST");
    pair.pass(200);
    expect(codeOf(second.stopped)).toBe("IPC_STREAM_LOST");
    const volatile = new Well([]);
    client.session?.emitWith("s", volatile, { volatile: true }, 0);
    expect(clientTank.discarded[0]?.[0]).toBe(volatile);
    expect(client.session?.openStreams).toBe(0);
    pair.connect();
    expect(tank.basins).toEqual([]);
    expect(client.session?.phase).toBe("open");
  });

  it("is in a call that is given up before it leaves", () => {
    const { client, pair } = connected();
    pair.cut();
    const well = new Well([]);
    const id = client.session?.calls.invoke("c", well, { event: "c" }, 0, 0);
    client.session?.calls.cancel(Number(id));
    client.pump();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_LOST");
  });

  it("is on a session that is over", () => {
    const { client, clientTank } = connected();
    client.session?.close("requested", 0);
    client.session?.emit("s", new Well([]));
    client.session?.calls.invoke("c", new Well([]), { event: "c" }, 0, 0);
    expect(clientTank.discarded).toHaveLength(2);
  });

  it("is in a reply that nobody waits for", () => {
    const { client, server, pair, tank } = connected();
    let open = 0;
    server.answer = (_, id) => {
      open = id;
      return undefined;
    };
    const id = client.session?.calls.invoke("c", 1, { event: "c" }, 0, 0);
    pair.settle();
    client.session?.calls.cancel(Number(id));
    pair.settle();
    server.session?.calls.reply(open, new Well([]));
    expect(tank.discarded).toHaveLength(1);
  });
});

describe("a stream for which nobody is there", () => {
  it("is cancelled with the reply of a call that was given up", () => {
    const sides = connected();
    const well = new Well([]);
    sides.server.answer = () => well;
    const id = sides.client.session?.calls.invoke("c", 1, { event: "c" }, 0, 0);
    sides.pair.write();
    sides.pair.arrive("server");
    sides.client.session?.calls.cancel(Number(id));
    sides.pair.settle();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_CANCELLED");
  });
});

describe("given the connection is cut in the middle of a stream", () => {
  it("goes on where it was, over the next connection", () => {
    const sides = connected({ limits: { streamWindow: 100_000 } });
    const { pair, client, tank } = sides;
    const source = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 251));
    const chunks = Array.from({ length: 70 }, (_, index) =>
      source.subarray(index * 10_000, (index + 1) * 10_000),
    );
    client.session?.emit("s", new Well(chunks));
    pair.settle();
    const [basin] = tank.basins;
    basin?.read();
    for (let round = 0; basin?.stream.ended === false && round < 1_000; round++) {
      pair.arrive("server", 33_333);
      pair.arrive("client", 200);
      if (round % 4 === 3) {
        pair.cut();
        pair.connect();
      }
    }
    pair.settle();
    expect(basin?.stream.ended).toBe(true);
    expect(Buffer.concat(basin?.chunks as Buffer[]).equals(source)).toBe(true);
    expect(client.count("connected")).toBe(1);
  });

  it("brings a stream that left before the cut once", () => {
    const sides = connected();
    sides.client.session?.emit("s", new Well([Buffer.from("x")]));
    sides.pair.arrive("server");
    sides.pair.cut();
    sides.pair.connect();
    sides.pair.settle();
    expect(sides.server.events).toHaveLength(1);
    expect(sides.server.session?.openStreams).toBe(1);
  });

  it("does not take a stream into the next session", () => {
    const sides = connected();
    const { pair, client } = sides;
    pair.cut();
    const well = new Well([]);
    client.session?.emit("s", well);
    client.session?.emit("e", 1);
    pair.pass(10_000);
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_LOST");
    expect(client.ends[0]?.lost?.unsent).toEqual([
      { event: "s", data: {} },
      { event: "e", data: 1 },
    ]);
    pair.connect();
    expect(sides.server.events).toEqual([1]);
  });
});
