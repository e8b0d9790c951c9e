import { Buffer } from "node:buffer";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { bytes, connected, send } from "./stream-scene.ts";
import { Well } from "./tank.ts";

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

  it("brings bytes of another realm, as test runners make them", () => {
    const foreign: unknown = runInNewContext("Uint8Array.of(97, 98)");
    const basin = send(connected(), new Well([foreign, Buffer.from("c")]));
    expect(basin.text).toBe("abc");
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

  it("is not read before it is read at the other side", () => {
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

  it("goes in pieces that the reader's side accepts", () => {
    const sides = connected({ limits: { maxMessageBytes: 16_384 } });
    expect(send(sides, new Well([bytes(100_000)])).bytes).toBe(100_000);
    expect(sides.client.session?.phase).toBe("open");
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
