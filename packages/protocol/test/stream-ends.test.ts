import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { bytes, codeOf, connected, send, sendUnread } from "./stream-scene.ts";
import { Well } from "./tank.ts";

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
    const basin = sendUnread(sides, well);
    basin.stream.cancel({ name: "Error", message: "seen enough" });
    sides.pair.settle();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_CANCELLED");
    expect(well.stopped?.cause).toMatchObject({ message: "seen enough" });
    expect(sides.client.session?.openStreams).toBe(0);
    expect(sides.server.session?.openStreams).toBe(0);
    expect(basin.stream.waitingBytes).toBe(0);
  });

  it("is told in as many bytes as the other side accepts, whatever the error", () => {
    const huge = "\u00e9".repeat(60_000);
    const failing = connected({ limits: { maxMessageBytes: 16_384 } });
    const basin = send(failing, new Well([], false, new TypeError(huge)));
    expect(basin.stream.error).toMatchObject({ name: "TypeError" });
    expect(basin.stream.error?.message).toMatch(
      /^\u00e9{1024}… \(cut: the error takes 120\d\d\d bytes, and its receiver accepts 16384\)$/,
    );
    const sides = connected({ limits: { maxMessageBytes: 16_384 } });
    const well = new Well([bytes(1_000_000), bytes(1_000_000)]);
    sendUnread(sides, well).stream.cancel({ name: huge, message: huge, code: huge, stack: huge });
    sides.pair.settle();
    expect(codeOf(well.stopped)).toBe("IPC_STREAM_CANCELLED");
    expect(well.stopped?.cause).toMatchObject({ name: huge.slice(0, 256) });
    for (const { client, server } of [failing, sides]) {
      expect([client.session?.phase, server.session?.phase]).toEqual(["open", "open"]);
    }
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
    sides.client.session?.close({ reason: "requested" }, 0);
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
    sides.client.session?.close({ reason: "requested" }, 0);
    sides.pair.settle();
    expect(basin?.stream.error).toBeUndefined();
    basin?.read();
    expect(basin?.text).toBe("all");
    expect(basin?.stream.ended).toBe(true);
  });
});

describe("a stream that has no reader", () => {
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
