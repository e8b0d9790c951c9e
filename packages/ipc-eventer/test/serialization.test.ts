import { decode, encode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import type { Codec } from "../src/index.ts";
import { hear } from "./hear.ts";
import { TestPlace } from "./test-place.ts";
import { advanced } from "../src/advanced.ts";

/** The whole adapter of msgpack. */
const msgpack: Codec = { name: "msgpack", encode: (value) => encode(value), decode };

describe("given data that JSON would leave out or write as nothing", () => {
  it.each<[string, unknown, string]>([
    ["a callback", { items: [{ onProgress: String }] }, "data.items[0].onProgress is a function"],
    ["a symbol", [Symbol("s")], "data[0] is a symbol"],
    ["a bigint", { id: 1n }, "data.id is a bigint"],
    ["a promise", { user: Promise.resolve(5) }, "data.user is a Promise"],
    ["an error", new Error("boom"), "data is an Error"],
    ["a Map", { index: new Map() }, "data.index is a Map"],
  ])("throws at the sender, with the path to it: %s", async (_, data, why) => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server);
    const refused = { code: "IPC_NOT_ENCODABLE", message: expect.stringContaining(why) as string };
    expect(() => socket.emit("x", data)).toThrow(expect.objectContaining(refused));
    expect(() => server.broadcastAll("x", data)).toThrow(expect.objectContaining(refused));
    await expect(socket.invoke("x", data)).rejects.toMatchObject(refused);
    remote.handle("ask", () => data);
    await expect(socket.invoke("ask")).rejects.toMatchObject(refused);
    remote.handle("same", (value: unknown) => value);
    const absent = { a: undefined, b: [undefined], at: new Date(0) };
    await expect(socket.invoke("same", absent)).resolves.toEqual({
      b: [null],
      at: "1970-01-01T00:00:00.000Z",
    });
  });
});

describe("given serialization advanced on both sides", () => {
  it("carries what structuredClone carries, in events, calls, replies and what was lost", async () => {
    const place = new TestPlace();
    const server = await place.serve({ serialization: advanced });
    const { socket, remote } = await place.pair(server, { serialization: advanced });
    const shared = { when: new Date(0) };
    const value = {
      map: new Map<unknown, unknown>([[shared, new Set([1n, -0, Number.NaN])]]),
      shared,
      pattern: /a+/gi,
      nothing: undefined,
      error: new RangeError("too far"),
      bytes: new Uint16Array([1, 2]),
      itself: {} as object,
    };
    value.itself = value;
    const heard = hear(remote, "value");
    socket.emit("value", value);
    const copy = (await heard) as typeof value;
    expect(copy).toEqual(value);
    expect(copy.itself).toBe(copy);
    expect([...copy.map.keys()][0]).toBe(copy.shared);
    remote.handle("same", (data: unknown) => data);
    await expect(socket.invoke("same", new Map([[1n, shared]]))).resolves.toEqual(
      new Map([[1n, shared]]),
    );
  });
});

describe("given a codec of the application's own", () => {
  it("sends all data through it", async () => {
    const place = new TestPlace();
    const server = await place.serve({ serialization: msgpack });
    const { socket, remote } = await place.pair(server, { serialization: msgpack });
    remote.handle("same", (data: unknown) => data);
    const value = { text: "x", list: [1, 2.5, null], bytes: Buffer.from([1, 2]) };
    await expect(socket.invoke("same", value)).resolves.toEqual(value);
  });
});

describe("given a codec that does not read what it writes", () => {
  const forgetful: Codec = {
    name: "forgetful",
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => {
      const text = Buffer.from(bytes).toString();
      if (text.includes("bad")) throw new SyntaxError("too bad");
      return JSON.parse(text) as unknown;
    },
  };

  it("loses the message, and not the session", async () => {
    const place = new TestPlace();
    const server = await place.serve({ serialization: forgetful });
    const { client, socket, remote } = await place.pair(server, { serialization: forgetful });
    const told = hear(server, "error");
    socket.emit("x", "bad");
    await expect(told).resolves.toMatchObject({ code: "IPC_NOT_DECODABLE", blame: "peer" });
    remote.handle("answer", (data: unknown) => (data === "badly" ? "x" : "bad"));
    await expect(socket.invoke("answer", "badly")).rejects.toMatchObject({
      code: "IPC_INVALID_DATA",
    });
    await expect(socket.invoke("answer", "well")).rejects.toMatchObject({
      code: "IPC_NOT_DECODABLE",
    });
    expect([client.connected, socket.closed]).toEqual([true, false]);
  });
});

describe("given two serializations", () => {
  it.each([
    ["json", advanced],
    [advanced, msgpack],
  ] as const)("fails with an error of its own on both sides: %s and %s", async (ours, theirs) => {
    const place = new TestPlace();
    const server = await place.serve({ serialization: ours });
    const told = hear(server, "error");
    const client = place.client({ serialization: theirs, reconnect: true });
    await expect(client.connect()).rejects.toMatchObject({ code: "IPC_SERIALIZATION_MISMATCH" });
    await expect(told).resolves.toMatchObject({ code: "IPC_SERIALIZATION_MISMATCH" });
  });

  it("is refused if it is none", () => {
    const place = new TestPlace();
    for (const serialization of ["xml", "advanced", { name: "json" }, 5]) {
      expect(() => place.server({ serialization: serialization as never })).toThrow(
        expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
      );
    }
  });
});
