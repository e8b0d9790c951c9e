import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { IPCClient, IPCClientOptions, IPCServer, IPCServerOptions } from "../src/index.ts";
import type { IPCServerSocket, IPCSocket, RelayHook } from "../src/index.ts";
import { codeOf } from "./code-of.ts";
import { Gate } from "./gate.ts";
import { hear, hearAll } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

type Hook = RelayHook<IPCServerSocket>;

interface End {
  readonly client: IPCClient;
  readonly socket: IPCSocket;
  readonly remote: IPCServerSocket;
}

interface Scene {
  readonly place: TestPlace;
  readonly server: IPCServer;
  readonly ada: End;
  readonly bob: End;
}

/** A server with a hook, and two clients. */
async function scene(
  hook: Hook | "none" = () => true,
  options: IPCServerOptions & IPCClientOptions = {},
): Promise<Scene> {
  const place = new TestPlace();
  const server = await place.serve(options);
  if (hook !== "none") server.relay(hook);
  const ada = await place.pair(server, { ...options, name: "Ada" });
  const bob = await place.pair(server, { ...options, name: "Bob" });
  return { place, server, ada, bob };
}

/** The error of a call. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "answered",
    (error: unknown) => error,
  );
}

describe("a client reaches another one", () => {
  it.each([
    ["plain", {}],
    ["with a password", { password: "secret" }],
    ["as advanced", { serialization: "advanced" }],
  ] as const)("by an event, which tells whose it is: %s", async (_, options) => {
    const { ada, bob } = await scene(() => true, options);
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
    const { ada, bob } = await scene();
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

  it("and hears of what the server itself sends that it is of nobody else", async () => {
    const { server, ada } = await scene();
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
    const { server, ada, bob } = await scene();
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
    const { ada, bob } = await scene(() => true, { sendStacks: true });
    bob.socket.handle("fail", function findMe() {
      throw new Error("x");
    });
    const error = await errorOf(ada.client.to(bob.socket.id).invoke("fail"));
    expect((error as { remoteStack: string }).remoteStack).toContain("findMe");
  });
});

describe("the hook", () => {
  it("is asked about each message, with both sockets, the name and the data", async () => {
    const asked: unknown[] = [];
    const { ada, bob } = await scene((...question) => {
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
      "throws",
      () => {
        throw new Error("not you");
      },
      ": not you",
    ],
    ["rejects", () => Promise.reject(new Error("not you")), ": not you"],
    [
      "rejects with an error whose message is none",
      () => Promise.reject(Object.assign(new Error("x"), { message: 5 })),
      "",
    ],
    ["answers false later", () => Promise.resolve(false), ""],
  ] satisfies [string, Hook, string][])("refuses when it %s", async (_, hook, why) => {
    const { server, ada, bob } = await scene(hook);
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
    const { ada, bob } = await scene("none");
    const reports = hearAll(ada.client, "error", 1);
    const recipient = ada.client.to(bob.socket.id);
    recipient.emit("news", 1);
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_RELAY_REFUSED");
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_RELAY_REFUSED" });
  });

  it("is one: the last that was set", async () => {
    const { server, ada, bob } = await scene(() => false);
    server.relay(() => true);
    bob.socket.handle("ask", () => "fine");
    expect(await ada.client.to(bob.socket.id).invoke("ask")).toBe("fine");
  });

  it.each([undefined, null, 5, "x", {}])("is a function, not %s", (hook) => {
    const server = new TestPlace().server();
    expect(() => server.relay(hook as Hook)).toThrow(
      new TypeError(`relay() takes a function that decides, not ${typeof hook}.`),
    );
    expect(() => server.use(hook as () => void)).toThrow(
      new TypeError(`use() takes a function that decides, not ${typeof hook}.`),
    );
  });

  it("that answers later keeps the order of one sender and one receiver, and holds up nobody else", async () => {
    const decisions = new Map<unknown, (answer: boolean) => void>();
    const { place, server, ada, bob } = await scene((from, to, _, data) =>
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
    const { server, ada, bob } = await scene();
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

describe("what does not arrive", () => {
  it("for an id that nobody has is told", async () => {
    const { ada } = await scene();
    const reports = hearAll(ada.client, "error", 1);
    const recipient = ada.client.to("nobody");
    expect(recipient.emit("news", 1)).toBe(true);
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_UNKNOWN_CLIENT");
    expect((await reports)[0]?.[0]).toMatchObject({
      code: "IPC_UNKNOWN_CLIENT",
      message: `The event "news" did not reach the client nobody: no such client is connected.`,
    });
  });

  it("has no handler, is refused by a validator, or cannot be sent back: the caller is told", async () => {
    const never = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => ({ issues: [{ message: "never" }] }),
      },
    } as const;
    const { place, server, ada } = await scene();
    const bob = await place.pair(server, { name: "Bob", schemas: { checked: never } });
    bob.socket.handle("checked", () => 1);
    bob.socket.handle("circle", () => 1n);
    const recipient = ada.client.to(bob.socket.id);
    expect(await errorOf(recipient.invoke("nothing"))).toMatchObject({
      code: "IPC_NO_HANDLER",
      message: `Nobody at the peer handles the call: "nothing".`,
    });
    expect(await errorOf(recipient.invoke("checked"))).toMatchObject({
      code: "IPC_INVALID_DATA",
      message: `The peer refuses the data of the call: "checked": never.`,
    });
    expect(await codeOf(recipient.invoke("circle"))).toBe("IPC_NOT_ENCODABLE");
  });

  it("because the other goes in the middle of a call, or while the hook is asked, is told", async () => {
    const gate = new Gate();
    const decisions: ((answer: boolean) => void)[] = [];
    const { server, ada, bob } = await scene((_from, _to, event) =>
      event === "later" ? new Promise((resolve) => decisions.push(resolve)) : true,
    );
    bob.socket.handle("wait", gate.handler);
    const recipient = ada.client.to(bob.socket.id);
    const asked = errorOf(recipient.invoke("wait"));
    await gate.holds(1);
    const reports = hearAll(ada.client, "error", 1);
    recipient.emit("later");
    while (decisions.length < 1) await turn();
    const gone = hear(server, "disconnected");
    await Promise.all([gone, bob.client.disconnect()]);
    gate.open();
    expect(await asked).toMatchObject({
      code: "IPC_CALL_LOST",
      context: { outcome: "unknown" },
    });
    for (const decide of decisions) decide(true);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_UNKNOWN_CLIENT" });
  });

  it("is given up by its signal or its time, and so is it at the other client", async () => {
    const gate = new Gate();
    const { ada, bob } = await scene();
    bob.socket.handle("wait", gate.handler);
    const recipient = ada.client.to(bob.socket.id);
    const controller = new AbortController();
    const asked = recipient.invoke("wait", 1, { signal: controller.signal });
    await gate.holds(1);
    controller.abort(new Error("enough"));
    expect(await errorOf(asked)).toMatchObject({
      code: "IPC_CALL_CANCELLED",
      cause: new Error("enough"),
    });
    await gate.aborted(1);
    expect(await codeOf(recipient.invoke("wait", 2, { timeout: 20 }))).toBe("IPC_CALL_TIMEOUT");
    await gate.aborted(2);
    expect(await codeOf(recipient.invoke("wait", 3, { timeout: -1 }))).toBe("IPC_INVALID_OPTION");
    gate.open();
    while (ada.remote.stats().pendingCalls + bob.remote.stats().pendingCalls > 0) await turn();
  });

  it("is not passed on any more when it is given up while the hook is asked", async () => {
    const decisions: ((answer: boolean) => void)[] = [];
    const { ada, bob } = await scene(() => new Promise((resolve) => decisions.push(resolve)));
    const called: unknown[] = [];
    bob.socket.handle("ask", (data) => called.push(data));
    const recipient = ada.client.to(bob.socket.id);
    const controller = new AbortController();
    const asked = recipient.invoke("ask", 1, { signal: controller.signal });
    while (decisions.length < 1) await turn();
    controller.abort();
    expect(await codeOf(asked)).toBe("IPC_CALL_CANCELLED");
    const second = recipient.invoke("ask", 2);
    while (decisions.length < 2) await turn();
    for (const decide of decisions) decide(true);
    await second;
    expect(called).toEqual([2]);
    expect(ada.remote.stats().pendingCalls).toBe(0);
  });

  it("gives the other's work up when the sender goes", async () => {
    const gate = new Gate();
    const { ada, bob } = await scene();
    bob.socket.handle("wait", gate.handler);
    const asked = errorOf(ada.client.to(bob.socket.id).invoke("wait"));
    await gate.holds(1);
    await ada.client.disconnect();
    expect(await asked).toMatchObject({ code: "IPC_CALL_LOST" });
    await gate.aborted(1);
    gate.open();
  });

  it("because there is no session, or the id is none, or the name is the library's own", async () => {
    const { place, ada, bob } = await scene();
    const client = place.client();
    const reports = hearAll(client, "error", 1);
    const recipient = client.to(bob.socket.id);
    expect(recipient.emit("news", 1)).toBe(false);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_CLOSED" });
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_CLOSED");
    for (const id of [undefined, 5, "x".repeat(257)]) {
      expect(() => client.to(id as string)).toThrow(
        expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
      );
    }
    for (const one of [recipient, ada.client.to(bob.socket.id)]) {
      const refusal = expect.objectContaining({ code: "IPC_RESERVED_EVENT" }) as Error;
      expect(() => one.emit("error", 1)).toThrow(refusal);
      expect(await codeOf(one.invoke("ipc:to"))).toBe("IPC_RESERVED_EVENT");
    }
    expect(() => ada.client.to(bob.socket.id).emit("x", 1n)).toThrow(/cannot be encoded/);
  });
});

describe("limits", () => {
  it("of the other client hold: what is too large for it is told", async () => {
    const { place, server, ada } = await scene();
    const small = await place.pair(server, { maxMessageBytes: 20_000, maxAttachments: 1 });
    const recipient = ada.client.to(small.socket.id);
    const reports = hearAll(ada.client, "error", 2);
    const binaries = [Buffer.alloc(1), Buffer.alloc(1)];
    recipient.emit("news", "x".repeat(30_000));
    recipient.emit("news", binaries);
    expect((await reports).map(([error]) => (error as { code: string }).code)).toEqual([
      "IPC_MESSAGE_TOO_LARGE",
      "IPC_TOO_MANY_ATTACHMENTS",
    ]);
    expect(await codeOf(recipient.invoke("ask", "x".repeat(30_000)))).toBe("IPC_MESSAGE_TOO_LARGE");
    expect(await codeOf(recipient.invoke("ask", binaries))).toBe("IPC_TOO_MANY_ATTACHMENTS");
    expect([small.socket.connected, ada.socket.connected]).toEqual([true, true]);
  });

  it("of the sender hold for what waits for the hook: messages and bytes", async () => {
    const decisions: ((answer: boolean) => void)[] = [];
    const hook: Hook = () => new Promise((resolve) => decisions.push(resolve));
    const few = await scene(hook, { maxCalls: 2 });
    let recipient = few.ada.client.to(few.bob.socket.id);
    let reports = hearAll(few.ada.client, "error", 1);
    const heard = hearAll(few.bob.socket, "news", 2);
    for (const data of [1, 2, 3]) recipient.emit("news", data);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(await errorOf(recipient.invoke("ask"))).toMatchObject({
      code: "IPC_QUEUE_FULL",
      context: { messages: 2 },
    });
    for (const decide of decisions.splice(0)) decide(true);
    expect((await heard).map(([data]) => data)).toEqual([1, 2]);

    const small = await scene(hook, { maxQueuedBytes: 1_000 });
    recipient = small.ada.client.to(small.bob.socket.id);
    reports = hearAll(small.ada.client, "error", 1);
    recipient.emit("news", "x".repeat(1_000));
    recipient.emit("news", 2);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(decisions).toHaveLength(1);
    for (const decide of decisions) decide(true);
  });

  it("of calls hold for the sender, whoever they are for", async () => {
    const gate = new Gate();
    const { place, server, ada, bob } = await scene(() => true, { maxCalls: 2 });
    const eve = await place.pair(server, { name: "Eve" });
    for (const { socket } of [bob, eve]) socket.handle("wait", gate.handler);
    const calls = [bob, eve].map(({ socket }) => ada.client.to(socket.id).invoke("wait"));
    await gate.holds(2);
    expect(await codeOf(ada.socket.invoke("x"))).toBe("IPC_TOO_MANY_CALLS");
    gate.open();
    await Promise.all(calls);
  });

  it("leave the server half of the calls of each client, and the places are given back", async () => {
    const gate = new Gate();
    const { place, server, ada, bob } = await scene(() => true, { maxCalls: 4 });
    const eve = await place.pair(server, { name: "Eve" });
    bob.socket.handle("wait", gate.handler);
    const calls = [ada, eve].map(({ client }) => client.to(bob.socket.id).invoke("wait"));
    await gate.holds(2);
    expect(await codeOf(eve.client.to(bob.socket.id).invoke("wait"))).toBe("IPC_TOO_MANY_CALLS");
    const own = [bob.remote.invoke("wait"), bob.remote.invoke("wait")];
    await gate.holds(4);
    gate.open();
    await Promise.all([...calls, ...own]);
    bob.socket.handle("quick", () => "done");
    const again = [1, 2].map(() => ada.client.to(bob.socket.id).invoke("quick"));
    expect(await Promise.all(again)).toEqual(["done", "done"]);
  });
});
