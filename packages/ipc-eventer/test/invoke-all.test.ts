import { getEventListeners } from "node:events";
import { Readable } from "node:stream";
import { createMemoryTransport } from "@ipc/transport/testing";
import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { type Crowd, serveCrowd } from "./crowd.ts";
import { Gate } from "./gate.ts";
import { TestPlace } from "./test-place.ts";
import { advanced } from "../src/advanced.ts";

const names = ["ada", "bob", "cleo"] as const;

/** Three clients in one room. */
async function scene(): Promise<Crowd<(typeof names)[number]>> {
  const { server, members } = await serveCrowd(names);
  for (const name of names) members[name].remote.join("workers");
  return { server, members };
}

describe("a call of many", () => {
  it("gathers the replies of all with their sockets", async () => {
    const { server, members } = await scene();
    for (const name of names) members[name].socket.handle("double", (n: number) => [name, 2 * n]);
    const { replies, failures } = await server.to("workers").invokeAll("double", 21);
    expect(failures).toEqual([]);
    expect(new Map(replies.map(({ socket, reply }) => [socket, reply]))).toEqual(
      new Map(names.map((name) => [members[name].remote, [name, 42]])),
    );
  });

  it("asks each client in several rooms once, and none that is excepted", async () => {
    const { server, members } = await scene();
    const asked: string[] = [];
    for (const name of names) members[name].socket.handle("who", () => asked.push(name));
    members.ada.remote.join("leaders");
    const audience = server.to(["workers", "leaders"]).except(members.bob.remote);
    const { replies } = await audience.invokeAll("who");
    expect(replies).toHaveLength(2);
    expect(asked.toSorted()).toEqual(["ada", "cleo"]);
  });

  it("has the failures with their errors beside the replies of the others", async () => {
    const { server, members } = await scene();
    const { ada, bob, cleo } = members;
    ada.socket.handle("load", () => 0.5);
    bob.socket.handle("load", () => {
      throw Object.assign(new RangeError("no idea"), { code: "NO_IDEA" });
    });
    const { replies, failures } = await server.everyone.invokeAll("load");
    expect(replies).toEqual([{ socket: ada.remote, reply: 0.5 }]);
    expect(failures).toHaveLength(2);
    const codes = new Map(failures.map(({ socket, error }) => [socket, error.code]));
    expect(codes).toEqual(
      new Map([
        [bob.remote, "NO_IDEA"],
        [cleo.remote, "IPC_NO_HANDLER"],
      ]),
    );
  });

  it("lists them in the order of their answers", async () => {
    const { server, members } = await scene();
    const gates = [new Gate(), new Gate(), new Gate()];
    for (const [n, name] of names.entries()) {
      const handler = gates[n]?.handler;
      if (handler !== undefined) members[name].socket.handle("wait", handler);
    }
    const outcomes = server.to("workers").invokeAll("wait", 1);
    for (const gate of gates.toReversed()) {
      await gate.holds(1);
      gate.open();
      // Each answer is on its way before the next gate is opened.
      await server.to("workers").invokeAll("nothing");
    }
    const { replies } = await outcomes;
    expect(replies.map(({ socket }) => socket.name)).toEqual(["cleo", "bob", "ada"]);
  });

  it("has failed after its timeout for clients that have not answered", async () => {
    const { server, members } = await scene();
    const gate = new Gate();
    members.ada.socket.handle("wait", () => "at once");
    members.bob.socket.handle("wait", gate.handler);
    members.cleo.socket.handle("wait", gate.handler);
    const outcomes = await server.to("workers").invokeAll("wait", 1, { timeout: 50 });
    expect(outcomes.replies).toEqual([{ socket: members.ada.remote, reply: "at once" }]);
    expect(outcomes.failures.map(({ error }) => error.code)).toEqual([
      "IPC_CALL_TIMEOUT",
      "IPC_CALL_TIMEOUT",
    ]);
    await gate.aborted(2);
  });

  it("is given up by its signal: it brings what has come, and the rest was cancelled", async () => {
    const { server, members } = await scene();
    const gate = new Gate();
    const controller = new AbortController();
    members.ada.socket.handle("wait", () => "at once");
    members.bob.socket.handle("wait", gate.handler);
    members.cleo.socket.handle("wait", gate.handler);
    const options = { signal: controller.signal };
    const outcomes = server.to("workers").invokeAll("wait", undefined, options);
    await gate.holds(2);
    await members.ada.remote.invoke("wait");
    controller.abort(new Error("enough"));
    const { replies, failures } = await outcomes;
    expect(replies).toEqual([{ socket: members.ada.remote, reply: "at once" }]);
    expect(failures.map(({ error }) => [error.code, error.cause])).toEqual([
      ["IPC_CALL_CANCELLED", new Error("enough")],
      ["IPC_CALL_CANCELLED", new Error("enough")],
    ]);
    await gate.aborted(2);

    const none = await server.to("workers").invokeAll("wait", undefined, options);
    expect(none.failures.map(({ error }) => error.code)).toEqual(
      Array.from(names, () => "IPC_CALL_CANCELLED"),
    );
    expect(gate.signals).toHaveLength(2);
  });

  it("has failed for a client that goes, and for one that is sent away", async () => {
    const { server, members } = await scene();
    const { ada, bob, cleo } = members;
    const gate = new Gate();
    for (const { socket } of [ada, bob, cleo]) socket.handle("wait", gate.handler);
    const outcomes = server.to("workers").invokeAll("wait");
    await gate.holds(3);
    void ada.client.disconnect("enough", { timeout: 500 });
    bob.remote.disconnect("enough");
    while (server.sockets.length > 1) await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    const { replies, failures } = await outcomes;
    expect(replies.map(({ socket }) => socket)).toEqual([cleo.remote]);
    expect(failures.map(({ error }) => error.code)).toEqual(["IPC_CALL_LOST", "IPC_CALL_LOST"]);
  });

  it("of no client has no answers", async () => {
    const { server } = await scene();
    expect(await server.to("empty").invokeAll("x")).toEqual({ replies: [], failures: [] });
  });

  it("rejects for the caller's own mistakes, before any client is asked", async () => {
    const { server, members } = await scene();
    let asked = 0;
    for (const name of names) members[name].socket.handle("x", () => (asked += 1));
    for (const audience of [server.to("workers"), server.to("empty")]) {
      expect(await codeOf(audience.invokeAll("x", 1n))).toBe("IPC_NOT_ENCODABLE");
      expect(await codeOf(audience.invokeAll("error", 1))).toBe("IPC_RESERVED_EVENT");
      expect(await codeOf(audience.invokeAll("x", 1, { timeout: -1 }))).toBe("IPC_INVALID_OPTION");
    }
    expect(asked).toBe(0);
  });

  it.each([
    ["json", "json"],
    ["advanced", advanced],
  ] as const)(
    "encodes the data once for hundreds of clients, as %s, and refuses streams in it",
    async (_name, serialization) => {
      const transport = createMemoryTransport();
      const place = new TestPlace();
      const server = await place.serve({ transport, serialization });
      await Promise.all(
        Array.from({ length: 300 }, async () => {
          const socket = await place.client({ transport, serialization }).connect();
          socket.handle("x", (data: { count: number }) => data.count);
        }),
      );
      let encodings = 0;
      const data = {
        get count(): number {
          return ++encodings;
        },
      };
      await server.to("empty").invokeAll("x", data);
      const once = encodings;
      const { replies } = await server.everyone.invokeAll("x", data);
      expect(replies).toHaveLength(300);
      expect(new Set(replies.map(({ reply }): unknown => reply))).toEqual(new Set([2 * once]));
      expect(encodings).toBe(2 * once);
      const stream = Readable.from([1]);
      expect(await codeOf(server.everyone.invokeAll("x", [stream]))).toBe(
        "IPC_STREAM_NOT_SENDABLE",
      );
    },
  );

  it("takes one listener of its signal, however many are asked, and leaves none behind", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warn);
    for (let n = 0; n < 12; n++) {
      const { socket } = await place.pair(server);
      socket.handle("x", (data: number) => data);
    }
    const { signal } = new AbortController();
    const outcomes = server.everyone.invokeAll("x", 5, { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    const { replies } = await outcomes;
    expect(replies.map(({ reply }): unknown => reply)).toEqual(Array.from({ length: 12 }, () => 5));
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });
});
