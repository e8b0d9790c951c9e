import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { codeOf, connected } from "./stream-scene.ts";
import { Well } from "./tank.ts";

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
