import { describe, expect, it } from "vitest";
import { errorOf } from "./error-of.ts";
import { hear, hearAll } from "./hear.ts";
import { relayScene } from "./relay-scene.ts";

describe("a client reaches another one", () => {
  it.each([
    ["plain", {}],
    ["with a password", { password: "secret" }],
    ["as advanced", { serialization: "advanced" }],
  ] as const)("by an event, which tells whose it is: %s", async (_, options) => {
    const { ada, bob } = await relayScene(() => true, options);
    const from = { id: ada.socket.id, name: "Ada" };
    const onSocket = hearAll(bob.socket, "news", 1);
    const onClient = hearAll(bob.client, "news", 1);
    const any: unknown[] = [];
    bob.socket.onAny((...values) => any.push(values));
    expect(ada.client.to(bob.socket.id).emit("news", { text: "hi", bytes: Buffer.from("b") })).toBe(
      true,
    );
    const data = { text: "hi", bytes: Buffer.from("b") };
    expect(await onSocket).toEqual([[data, { from }]]);
    expect(await onClient).toEqual([[data, bob.socket, { from }]]);
    expect(any).toEqual([["news", data, { from }]]);
  });

  it("by a call, whose handler knows the caller and whose reply and errors come back", async () => {
    const { ada, bob } = await relayScene();
    bob.client.handle("greet", (text: string, { from, socket }) => {
      expect(socket).toBe(bob.socket);
      return `${text}, ${from?.name ?? "server"} ${from?.id ?? ""}`;
    });
    bob.socket.handle("fail", () => {
      throw Object.assign(new RangeError("too far", { cause: new TypeError("no map") }), {
        code: "FAR",
        limit: 3,
      });
    });
    const recipient = ada.client.to(bob.socket.id);
    expect(await recipient.invoke("greet", "hello")).toBe(`hello, Ada ${ada.socket.id}`);
    const error = await errorOf(recipient.invoke("fail"));
    expect(error).not.toHaveProperty("remoteStack");
    expect(error).toMatchObject({
      name: "RangeError",
      message: "too far",
      code: "FAR",
      limit: 3,
      cause: { name: "TypeError", message: "no map" },
    });
    expect(await bob.remote.invoke("greet", "hello")).toBe("hello, server ");
  });

  it("and finds no other sender in what the server itself sends", async () => {
    const { server, ada } = await relayScene();
    const heard = hearAll(ada.socket, "news", 2);
    const surfaced = hearAll(ada.client, "news", 2);
    ada.remote.emit("news", 1);
    server.broadcastAll("news", 2);
    const context = { from: undefined };
    expect(await heard).toEqual([
      [1, context],
      [2, context],
    ]);
    expect((await surfaced).map(([, , told]) => told)).toEqual([context, context]);
  });

  it("or itself, by a recipient that may be kept when the other has gone", async () => {
    const { server, ada, bob } = await relayScene();
    const heard = hear(ada.socket, "note");
    ada.client.to(ada.socket.id).emit("note", "to self");
    expect(await heard).toBe("to self");
    const back = bob.client.to(ada.socket.id);
    const gone = hear(server, "disconnected");
    await Promise.all([gone, ada.client.disconnect()]);
    const reports = hearAll(bob.client, "error", 1);
    back.emit("note", 1);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_UNKNOWN_CLIENT" });
  });

  it("with the other's stack only if the other sends it", async () => {
    const { ada, bob } = await relayScene(() => true, { sendStacks: true });
    bob.socket.handle("fail", function findMe() {
      throw new Error("x");
    });
    const error = await errorOf(ada.client.to(bob.socket.id).invoke("fail"));
    expect((error as { remoteStack: string }).remoteStack).toContain("findMe");
  });
});
