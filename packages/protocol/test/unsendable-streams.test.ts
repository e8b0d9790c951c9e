import { describe, expect, it } from "vitest";
import { codeOf, connected, send } from "./stream-scene.ts";
import { Tank, Well } from "./tank.ts";

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

  it("is being read already, or over", () => {
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
    client.session?.close({ reason: "requested" }, 0);
    const well = new Well([]);
    client.session?.emit("s", well);
    client.session?.calls.invoke("c", new Well([]), { event: "c" }, 0, 0);
    client.disconnect();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_LOST");
    expect(client.ends[0]?.lost?.unsent).toEqual([{ event: "s", data: {} }]);
    client.session?.emit("s", new Well([]));
    expect(clientTank.discarded).toHaveLength(2);
  });

  it("is in a reply that is not awaited", () => {
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
