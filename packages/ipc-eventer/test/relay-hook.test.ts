import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { RefusedError } from "../src/index.ts";
import { errorOf } from "./error-of.ts";
import { hear, hearAll } from "./hear.ts";
import { hostile } from "./hostile.ts";
import { type Hook, relayScene } from "./relay-scene.ts";
import { TestPlace } from "./test-place.ts";

describe("the hook", () => {
  it.each([
    ["throws", new TypeError("a secret of the hook")],
    ["throws what itself throws at every touch", hostile()],
    ["rejects with no error", "a secret of the hook"],
    [
      "throws a refusal without a text",
      Object.assign(new RefusedError("no"), { message: { secret: 1 } }),
    ],
  ])(
    "that %s has failed: the server hears the whole, the sender that it failed",
    async (_, thrown) => {
      const { server, ada, bob } = await relayScene(() => {
        if (typeof thrown === "object") throw thrown;
        return Promise.reject(thrown);
      });
      const told = hear(server, "error");
      const refused = await errorOf(ada.client.to(bob.socket.id).invoke("ask"));
      expect(refused).toMatchObject({
        code: "IPC_RELAY_REFUSED",
        message: `The server does not pass the call on: "the hook of server.relay() failed".`,
      });
      const whole = await told;
      expect(whole).toMatchObject({ code: "IPC_RELAY_REFUSED", blame: "caller" });
      expect((whole as Error).cause).toBe(thrown);
    },
  );

  it("is asked about each message, with both sockets, the name and the data", async () => {
    const asked: unknown[] = [];
    const { ada, bob } = await relayScene((...question) => {
      asked.push(question);
      return true;
    });
    const recipient = ada.client.to(bob.socket.id);
    const heard = hear(bob.socket, "news");
    recipient.emit("news", [1]);
    await heard;
    await errorOf(recipient.invoke("ask"));
    expect(asked).toEqual([
      [ada.remote, bob.remote, "news", [1]],
      [ada.remote, bob.remote, "ask", undefined],
    ]);
  });

  it.each([
    ["answers false", () => false, ""],
    ["answers nothing", (() => undefined) as unknown as Hook, ""],
    ["answers something else", (() => 1) as unknown as Hook, ""],
    ["answers null", (() => null) as unknown as Hook, ""],
    [
      "throws a RefusedError",
      () => {
        throw new RefusedError("not\nyou");
      },
      String.raw`: "not\nyou"`,
    ],
    [
      "rejects with a RefusedError",
      () => Promise.reject(new RefusedError("not you")),
      ': "not you"',
    ],
    ["answers false later", () => Promise.resolve(false), ""],
  ] satisfies [string, Hook, string][])("refuses when it %s", async (_, hook, why) => {
    const { server, ada, bob } = await relayScene(hook);
    const heard: unknown[] = [];
    bob.socket.onAny((event) => heard.push(event));
    bob.socket.handle("ask", () => heard.push("asked"));
    const reports = hearAll(ada.client, "error", 1);
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    const recipient = ada.client.to(bob.socket.id);
    expect(recipient.emit("news", 1)).toBe(true);
    expect(await errorOf(recipient.invoke("ask"))).toMatchObject({
      code: "IPC_RELAY_REFUSED",
      message: `The server does not pass the call on${why}.`,
    });
    expect((await reports)[0]?.[0]).toMatchObject({
      code: "IPC_RELAY_REFUSED",
      context: { event: "news", to: bob.socket.id },
    });
    expect([heard, errors]).toEqual([[], []]);
  });

  it("is needed: without one nothing is passed on", async () => {
    const { ada, bob } = await relayScene("none");
    const reports = hearAll(ada.client, "error", 1);
    const recipient = ada.client.to(bob.socket.id);
    recipient.emit("news", 1);
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_RELAY_REFUSED");
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_RELAY_REFUSED" });
  });

  it("is one: the last that was set", async () => {
    const { server, ada, bob } = await relayScene(() => false);
    server.relay(() => true);
    bob.socket.handle("ask", () => "fine");
    expect(await ada.client.to(bob.socket.id).invoke("ask")).toBe("fine");
  });

  it.each([undefined, null, 5, "x", {}])("is a function, not %s", (hook) => {
    const server = new TestPlace().server();
    for (const call of [() => server.relay(hook as Hook), () => server.use(hook as never)]) {
      expect(call).toThrow(expect.objectContaining({ code: "IPC_INVALID_OPTION" }) as Error);
      expect(call).toThrow(/^(relay\(hook\)|use\(middleware\)) takes a function, not /);
    }
  });

  it("that answers later keeps the order of one sender and one receiver, and holds up no others", async () => {
    const decisions = new Map<unknown, (answer: boolean) => void>();
    const { place, server, ada, bob } = await relayScene((from, to, _, data) =>
      from.name === "Ada" && to.name === "Bob"
        ? new Promise((resolve) => decisions.set(data, resolve))
        : true,
    );
    const cleo = await place.pair(server, { name: "Cleo" });
    const heard: unknown[] = [];
    bob.socket.on("news", (data, { from }) => heard.push([from?.name, data]));
    bob.socket.handle("ask", (data, { from }) => {
      heard.push([from?.name, data]);
    });
    const [toBob, toCleo] = [bob, cleo].map(({ socket }) => ada.client.to(socket.id));
    toBob?.emit("news", 1);
    toBob?.emit("news", 2);
    const third = toBob?.invoke("ask", 3);
    toBob?.emit("news", 4);
    const others = Promise.all([hear(cleo.socket, "news"), hear(bob.socket, "news")]);
    toCleo?.emit("news", "at once");
    cleo.client.to(bob.socket.id).emit("news", "meanwhile");
    expect(await others).toEqual(["at once", "meanwhile"]);
    while (decisions.size < 4) await turn();
    for (const data of [4, 3, 2]) decisions.get(data)?.(data !== 2);
    await turn();
    expect(heard).toEqual([["Cleo", "meanwhile"]]);
    const last = hear(bob.socket, "end");
    decisions.get(1)?.(true);
    await third;
    toBob?.emit("end", 5);
    while (decisions.size < 5) await turn();
    decisions.get(5)?.(true);
    await last;
    expect(heard.slice(1)).toEqual([1, 3, 4].map((data) => ["Ada", data]));
  });

  it("runs in the async context in which it was set", async () => {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const storage = new AsyncLocalStorage<string>();
    const { server, ada, bob } = await relayScene();
    const stored: unknown[] = [];
    storage.run("where it was set", () =>
      server.relay(() => {
        stored.push(storage.getStore());
        return false;
      }),
    );
    await codeOf(ada.client.to(bob.socket.id).invoke("ask"));
    expect(stored).toEqual(["where it was set"]);
  });
});
