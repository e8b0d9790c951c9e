import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { type IPCServerSocket, ProtocolError, RefusedError } from "../src/index.ts";
import { createMemoryTransport } from "../src/testing.ts";
import { codeOf } from "./code-of.ts";
import { errorOf } from "./error-of.ts";
import { hear } from "./hear.ts";
import { hostile, touched } from "./hostile.ts";
import { Latch } from "./latch.ts";
import { TestPlace } from "./test-place.ts";

/** A refusal that throws when one of its members is read. */
function hostileIn(member: string): RefusedError {
  return new Proxy(new RefusedError("no"), {
    get(refusal, name): unknown {
      return name === member ? touched() : Reflect.get(refusal, name);
    },
  });
}

describe("middleware", () => {
  it("runs for each client in order, before connected, and may keep things in socket.data", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const order: string[] = [];
    server
      .use(async (socket, meta) => {
        await turn();
        order.push(`first ${meta.name} ${meta.version}`);
        socket.data["role"] = "admin";
      })
      .use((socket) => order.push(`second ${String(socket.data["role"])}`));
    server.on("connected", (socket: IPCServerSocket) => {
      order.push(`connected ${String(socket.data["role"])}`);
    });
    await place.pair(server, { name: "Ada", version: "2" });
    expect(order).toEqual(["first Ada 2", "second admin", "connected admin"]);
  });

  it("hears what the client says once it is accepted, in its own listeners and handlers", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Latch();
    const heard: unknown[] = [];
    server.use(async (socket) => {
      socket.on("x", (data) => heard.push(data));
      socket.handle("ask", () => "answered");
      expect(socket.emit("too early")).toBe(false);
      await gate.opened;
    });
    const client = place.client();
    const connecting = client.connect();
    await turn();
    expect([heard, server.sockets]).toEqual([[], []]);
    gate.open();
    const accepted = await connecting;
    accepted.emit("x", 1);
    expect(await accepted.invoke("ask")).toBe("answered");
    expect(heard).toEqual([1]);
  });

  it("refuses by throwing a RefusedError, whose message, code and data reach the client", async () => {
    for (const later of [false, true]) {
      const place = new TestPlace();
      const server = await place.serve();
      const passed: string[] = [];
      server.use(async () => {
        if (later) await turn();
        const data = { until: "tomorrow", places: [1, null] };
        throw new RefusedError("no place\nhere", { code: "FULL", data });
      });
      server.use(() => passed.push("never"));
      server.on("connected", () => passed.push("connected"));
      server.on("error", () => passed.push("told"));
      const refused = await errorOf(place.client().connect());
      expect(refused).toMatchObject({
        code: "IPC_REFUSED_BY_SERVER",
        message: String.raw`The server refused the session: "no place\nhere".`,
        cause: { message: "no place\nhere", code: "FULL" },
      });
      const { cause } = refused as Error;
      expect(cause).toBeInstanceOf(RefusedError);
      expect((cause as RefusedError).data).toEqual({ until: "tomorrow", places: [1, null] });
      expect([passed, server.sockets]).toEqual([[], []]);
    }
  });

  it.each([
    ["an error", new TypeError("a secret of the database")],
    [
      "an error with the code of a deadline",
      new ProtocolError("IPC_HANDSHAKE_TIMEOUT", "peer", "x"),
    ],
    ["a text", "a secret of the database"],
    ["nothing", undefined],
    ["a thing without a text", Object.create(null)],
    [
      "a refusal that was changed into one that cannot be sent",
      Object.assign(new RefusedError("no"), { data: { secret: 5n } }),
    ],
    [
      "a refusal with a longer message than it was made with",
      Object.assign(new RefusedError("no"), { message: "a secret ".repeat(1024) }),
    ],
  ])(
    "that throws %s has failed: the server hears the whole, the client that it failed",
    async (_, thrown: unknown) => {
      for (const later of [false, true]) {
        const place = new TestPlace();
        const server = await place.serve();
        const told = hear(server, "error");
        server.use(async () => {
          if (later) await turn();
          throw thrown;
        });
        const failed = await errorOf(place.client().connect());
        expect(failed).toMatchObject({ code: "IPC_MIDDLEWARE_FAILED", blame: "peer" });
        expect(inspect(failed)).not.toContain("secret");
        const whole = await told;
        expect(whole).toMatchObject({ code: "IPC_MIDDLEWARE_FAILED", blame: "caller" });
        expect((whole as Error).message).not.toContain("secret");
        expect((whole as Error).cause).toBe(thrown);
        expect(server.sockets).toEqual([]);
      }
    },
  );

  it.each([
    ["at every touch", hostile()],
    ["at its message, as a refusal", hostileIn("message")],
  ])("that throws what itself throws %s has failed, and harms nothing else", async (_, thrown) => {
    const place = new TestPlace();
    const server = await place.serve();
    const told = hear(server, "error");
    server.use(() => {
      throw thrown;
    });
    expect(await codeOf(place.client().connect())).toBe("IPC_MIDDLEWARE_FAILED");
    expect(((await told) as Error).cause).toBe(thrown);
  });

  it("that fails tells the client the code in memory too, where the connection is ended at once", async () => {
    const place = new TestPlace();
    const transport = createMemoryTransport();
    const server = await place.serve({ transport });
    server.use(() => {
      throw new Error("The database is not there.");
    });
    server.on("error", () => undefined);
    expect(await codeOf(place.client({ transport }).connect())).toBe("IPC_MIDDLEWARE_FAILED");
  });

  it("is not asked further about a client that is gone", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const [asked, gone] = [new Latch(), new Latch()];
    const steps: string[] = [];
    server.use(async (socket) => {
      steps.push("first");
      asked.open();
      await vi.waitUntil(() => !socket.connected, { timeout: 10_000 });
      setImmediate(gone.open);
    });
    server.use(() => steps.push("second"));
    const client = place.client();
    const attempt = errorOf(client.connect());
    await asked.opened;
    await client.disconnect();
    await Promise.all([attempt, gone.opened]);
    expect(steps).toEqual(["first"]);
  });

  it("that fails when its client is gone is told of all the same", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const asked = new Latch();
    const fault = new Error("The database is not there.");
    server.use(async (socket) => {
      asked.open();
      await vi.waitUntil(() => !socket.connected, { timeout: 10_000 });
      throw fault;
    });
    const told = hear(server, "error");
    const client = place.client();
    const attempt = errorOf(client.connect());
    await asked.opened;
    await client.disconnect();
    await attempt;
    expect(await told).toMatchObject({ code: "IPC_MIDDLEWARE_FAILED", cause: fault });
  });

  it("that has failed may work the next time: a client with reconnect asks again", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    let asked = 0;
    server.use(() => {
      asked += 1;
      if (asked === 1) throw new Error("The database is not there.");
    });
    await place.client({ reconnect: true, reconnectInterval: 1 }).connect();
    expect(asked).toBe(2);
  });

  it("that fails for many clients is told at once, and of the others together", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const told: { context: Record<string, unknown>; cause?: unknown }[] = [];
    server.on("error", (error) => told.push(error as never));
    const fault = new Error("The database is not there.");
    server.use(() => {
      throw fault;
    });
    for (let n = 0; n < 5; n++) await errorOf(place.client().connect());
    await server.stop();
    expect(told.map(({ cause }) => cause)).toEqual(told.map(() => fault));
    const counted = told.map(({ context }) => Number(context["count"] ?? 1));
    expect(counted.reduce((sum, count) => sum + count)).toBe(5);
    expect(counted[0]).toBe(1);
    expect(told.length).toBeLessThan(5);
  });

  it.each([
    ["a message that is no text", () => new RefusedError(5 as never)],
    ["a message of 1,025 bytes", () => new RefusedError("x".repeat(1025))],
    ["a message of 513 characters of two bytes", () => new RefusedError("é".repeat(513))],
    ["a code that is no text", () => new RefusedError("no", { code: 5 as never })],
    ["a code of 257 bytes", () => new RefusedError("no", { code: "x".repeat(257) })],
    [
      "a code of 86 characters of three bytes",
      () => new RefusedError("no", { code: "€".repeat(86) }),
    ],
    ["data that is no JSON", () => new RefusedError("no", { data: () => 1 })],
    ["data with a cycle", () => new RefusedError("no", { data: globalThis })],
    ["data of 129 levels", () => new RefusedError("no", { data: nested(129) })],
    ["data of 8,193 bytes", () => new RefusedError("no", { data: "x".repeat(8191) })],
  ])("cannot refuse with %s", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "IPC_INVALID_OPTION" }) as Error);
  });

  it("can refuse with as much as there is room for", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const message = "\0".repeat(1024);
    const options = { code: "\0".repeat(256), data: ["x".repeat(8188)] };
    server.use(() => {
      throw new RefusedError(message, options);
    });
    await expect(place.client().connect()).rejects.toMatchObject({
      cause: { message, ...options },
    });
    const deep = nested(128);
    server.use(() => undefined);
    expect(new RefusedError("no", { data: deep }).data).toBe(deep);
  });

  it("refuses for good: a client with reconnect stays away until it is told to connect", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    let asked = 0;
    let welcome = false;
    server.use(() => {
      asked += 1;
      if (!welcome) throw new RefusedError("not you");
    });
    const client = place.client({ reconnect: true, reconnectInterval: 1 });
    await expect(client.connect()).rejects.toMatchObject({ code: "IPC_REFUSED_BY_SERVER" });
    await sleep(50);
    expect(asked).toBe(1);
    welcome = true;
    await client.connect();
    // Also when it was let in before: a connection that breaks brings it back, to hear a no.
    welcome = false;
    const codes: unknown[] = [];
    client.on("error", ({ code }: Error & { code?: unknown }) => codes.push(code));
    await server.stop();
    await server.start();
    while (!codes.includes("IPC_REFUSED_BY_SERVER")) await sleep(5);
    const askedThen = asked;
    await sleep(50);
    expect(asked).toBe(askedThen);
  });

  it("that sends the client away itself does not connect it", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const connected: unknown[] = [];
    server.on("connected", (socket) => connected.push(socket));
    server.use((socket) => socket.disconnect("another time"));
    await expect(place.client().connect()).rejects.toThrow(/another time/);
    expect([connected, server.sockets]).toEqual([[], []]);
  });

  it("is not waited for by a client that leaves, nor by a server that stops", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Latch();
    const entered: IPCServerSocket[] = [];
    const connected: unknown[] = [];
    server.on("connected", (socket) => connected.push(socket));
    server.use(async (socket) => {
      entered.push(socket);
      await gate.opened;
    });
    const leaving = place.client();
    const left = leaving.connect().catch((error: unknown) => error);
    const staying = place
      .client()
      .connect()
      .catch((error: unknown) => error);
    while (entered.length < 2) await turn();
    await leaving.disconnect();
    await expect(left).resolves.toMatchObject({ code: "IPC_CLOSED" });
    await server.stop();
    await expect(staying).resolves.toMatchObject({ code: "IPC_SERVER_CLOSING" });
    await server.start();
    gate.open();
    await turn();
    expect([connected, server.sockets]).toEqual([[], []]);
    expect(entered.map((socket) => socket.connected)).toEqual([false, false]);
  });

  it("that never decides is ended after handshakeTimeout, told on both sides, and may be tried again", async () => {
    const place = new TestPlace();
    const server = await place.serve({ handshakeTimeout: 100 });
    let asked = 0;
    const late = new Latch();
    server.use(async () => {
      asked += 1;
      if (asked === 1) await late.opened;
    });
    server.use(() => undefined);
    const told = hear(server, "error");
    const client = place.client({ reconnect: true, reconnectInterval: 10 });
    const first = hear(client, "error");
    const connecting = client.connect();
    await expect(told).resolves.toMatchObject({
      code: "IPC_HANDSHAKE_TIMEOUT",
      message: expect.stringContaining("middleware") as string,
    });
    await expect(first).resolves.toMatchObject({
      message: expect.stringContaining("IPC_HANDSHAKE_TIMEOUT") as string,
    });
    await connecting;
    late.open();
    await turn();
    expect([asked, server.sockets.length]).toEqual([2, 1]);
  });

  it.each([
    ["is told of all the same", false],
    ["is not told of once the server has stopped", true],
  ])("that fails after handshakeTimeout %s", async (_, stops) => {
    const place = new TestPlace();
    const server = await place.serve({ handshakeTimeout: 50 });
    const { open, opened } = new Latch();
    const failed = new Latch();
    server.use(async () => {
      await opened;
      failed.open();
      throw new Error("too late");
    });
    const codes: unknown[] = [];
    server.on("error", (error) => codes.push((error as ProtocolError).code));
    await codeOf(place.client({ handshakeTimeout: 60_000 }).connect());
    if (stops) await server.stop();
    open();
    await failed.opened;
    await turn();
    const expected = ["IPC_HANDSHAKE_TIMEOUT", ...(stops ? [] : ["IPC_MIDDLEWARE_FAILED"])];
    await vi.waitFor(() => expect(codes).toEqual(expected), 60_000);
  });

  it("keeps the id of a client that it decides about from others", async () => {
    const place = new TestPlace();
    const former = await place.serve();
    const { client, socket } = await place.pair(former);
    await client.disconnect();
    await former.stop();
    await former.start();
    former.use(() => turn());
    // After a restart the id belongs to the first client that claims it.
    expect((await client.connect()).id).toBe(socket.id);
  });
});

/** Data of so many levels. */
function nested(levels: number): unknown {
  let data: unknown = 0;
  for (let level = 0; level < levels; level++) data = [data];
  return data;
}
