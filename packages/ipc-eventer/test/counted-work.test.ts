import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { countTimers } from "./count-timers.ts";
import { countingCarrier, type WriteCount } from "./counting-carrier.ts";
import type { IPCServer } from "../src/index.ts";
import { hear, hearAll } from "./hear.ts";
import { TestPlace, type Pair } from "./test-place.ts";

/** 70 bytes of JSON, as small events are. */
const record = { id: 18446, sensor: "boiler-3", temp: 71.5, at: 1_764_000_000, ok: true };
const times = 1000;
/** Writes and records that belong to no event: acknowledgements, heartbeats, key updates. */
const besides = 10;
const recordContent = 65_536;

describe.each([
  ["given no password", {}],
  ["given a password", { password: "correct horse" }],
])("%s", (_title, options) => {
  async function connected(): Promise<
    Pair & { place: TestPlace; server: IPCServer; dialled: WriteCount; accepted: WriteCount }
  > {
    const place = new TestPlace();
    const { transport, dialled, accepted } = countingCarrier();
    const server = await place.serve({ transport, ...options });
    const pair = await place.pair(server, { transport, ...options });
    dialled.reset();
    accepted.reset();
    return { place, server, dialled, accepted, ...pair };
  }

  it("writes what is emitted in one tick in one write", async () => {
    const { socket, remote, dialled } = await connected();
    const heard = hearAll(remote, "record", times);
    for (let sent = 0; sent < times; sent += 1) socket.emit("record", record);
    await heard;
    expect(dialled.writes).toBeLessThanOrEqual(1 + besides);
  });

  it("writes what is emitted in separate ticks in a write each", async () => {
    const { socket, remote, dialled } = await connected();
    const heard = hearAll(remote, "record", times);
    for (let sent = 0; sent < times; sent += 1) {
      socket.emit("record", record);
      await turn();
    }
    await heard;
    expect(dialled.writes).toBeLessThanOrEqual(times + besides);
  });

  it("answers what comes in one chunk in two writes", async () => {
    const { socket, remote, accepted } = await connected();
    remote.on("record", (data) => remote.emit("record", data));
    const heard = hearAll(socket, "record", times);
    for (let sent = 0; sent < times; sent += 1) socket.emit("record", record);
    const chunks = Math.ceil((times * 100) / 16_384);
    await heard;
    expect(accepted.writes).toBeLessThanOrEqual(2 * chunks + besides);
  });

  it("writes a thousand calls of one tick, and their replies, in a few writes", async () => {
    const { server, socket, dialled, accepted } = await connected();
    server.handle("same", (data: unknown) => data);
    await Promise.all(Array.from({ length: times }, () => socket.invoke("same", record)));
    expect(dialled.writes).toBeLessThanOrEqual(1 + besides);
    expect(accepted.writes).toBeLessThanOrEqual(2 * Math.ceil((times * 100) / 16_384) + besides);
  });

  it("encodes a broadcast once, however many hear it", async () => {
    const { place, server, socket } = await connected();
    const others = await Promise.all([1, 2, 3, 4].map(() => place.client(options).connect()));
    const heard = Promise.all([socket, ...others].map((each) => hear(each, "news")));
    const toJSON = vi.fn<() => object>(() => record);
    server.broadcastAll("news", { toJSON });
    await heard;
    expect(toJSON).toHaveBeenCalledTimes(1);
  });

  it("writes to a crowd what is broadcast in many turns in fewer writes", async () => {
    const { place, server, accepted } = await connected();
    const members = 50;
    const sockets = await Promise.all(
      Array.from({ length: members }, () => place.client(options).connect()),
    );
    const heard = Promise.all(sockets.map((socket) => hearAll(socket, "news", 40)));
    accepted.reset();
    for (let sent = 0; sent < 40; sent += 1) {
      server.broadcastAll("news", record);
      await turn();
    }
    await heard;
    expect(accepted.writes).toBeLessThan((members * 40) / 2);
  });

  it("has one timer at most for each end of a connection that idles", async () => {
    const { place, server } = await connected();
    const live = countTimers();
    const clients = 50;
    const known = hearAll(server, "connected", clients);
    await Promise.all(Array.from({ length: clients }, () => place.client(options).connect()));
    await known;
    await turn();
    // The timers of `hearAll` are over; a few belong to the process.
    expect(live.count() / clients).toBeLessThan(2.2);
    live.restore();
  });
});

describe("given large binary data and no password", () => {
  it("hands it to the connection where it lies, without a copy", async () => {
    const place = new TestPlace();
    const { transport, dialled } = countingCarrier();
    const server = await place.serve({ transport });
    const { socket, remote } = await place.pair(server, { transport });
    dialled.reset();
    const data = Buffer.alloc(4 * 1024 * 1024, "x");
    const heard = hear(remote, "bytes");
    socket.emit("bytes", data);
    await heard;
    const own = dialled.chunks.filter(({ buffer }) => buffer !== data.buffer);
    const copied = own.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(dialled.bytes).toBeGreaterThanOrEqual(data.length);
    // Headers of fragments, and what belongs to no event.
    expect(copied).toBeLessThan(data.length / 100);
  });
});

describe("given an engine that can give memory back", () => {
  it.runIf("transfer" in ArrayBuffer.prototype)(
    "leaves no large chunk to the garbage collector",
    async () => {
      const place = new TestPlace();
      const { transport, accepted } = countingCarrier();
      const server = await place.serve({ transport });
      const { socket, remote } = await place.pair(server, { transport });
      const heard = hear(remote, "bytes");
      socket.emit("bytes", Buffer.alloc(4 * 1024 * 1024, "x"));
      expect(await heard).toEqual(Buffer.alloc(4 * 1024 * 1024, "x"));
      await turn();
      const left = accepted.received.filter(({ byteLength }) => byteLength >= 1024);
      expect(accepted.received.length).toBeGreaterThan(16);
      expect(left).toEqual([]);
    },
  );
});

describe("given a password", () => {
  it.each([
    ["many small events", times, record, 100],
    ["one large binary value", 1, Buffer.alloc(4 * 1024 * 1024), 4 * 1024 * 1024],
  ])("seals %s of one tick in a record for each 64 KiB", async (_title, count, data, each) => {
    const place = new TestPlace();
    const { transport, dialled } = countingCarrier();
    const password = "correct horse";
    const server = await place.serve({ transport, password });
    const { socket, remote } = await place.pair(server, { transport, password });
    dialled.reset();
    const heard = hearAll(remote, "record", count);
    for (let sent = 0; sent < count; sent += 1) socket.emit("record", data);
    await heard;
    expect(recordsIn(dialled)).toBeLessThanOrEqual(
      Math.ceil((count * each) / recordContent) + besides,
    );
  });
});

/** Records begin with 0x17 and the length of their body in three bytes. */
function recordsIn({ chunks }: WriteCount): number {
  const bytes = Buffer.concat(chunks);
  let records = 0;
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUIntBE(at + 1, 3)) {
    if (bytes[at] !== 0x17) throw new Error(`No record begins at ${at}.`);
    records += 1;
  }
  return records;
}
