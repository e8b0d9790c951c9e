import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type IPCSocket, ProtocolError, RemoteError } from "../src/index.ts";
import { hear } from "./hear.ts";
import { preface } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";

/** A handler that ends when it is told to. */
class Gate {
  readonly passed: unknown[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #opens: (() => void)[] = [];

  readonly handler = async (
    data: unknown,
    { signal }: { signal: AbortSignal },
  ): Promise<unknown> => {
    this.signals.push(signal);
    await new Promise<void>((resolve) => this.#opens.push(resolve));
    this.passed.push(data);
    return data;
  };

  open(): void {
    for (const open of this.#opens.splice(0)) open();
  }

  /** Wait until so many of their signals are aborted. */
  async aborted(count: number): Promise<void> {
    while (this.signals.filter(({ aborted }) => aborted).length < count) await turn();
  }

  /** Wait until so many calls are in the handler, over all. */
  async holds(count: number): Promise<void> {
    while (this.signals.length < count) await turn();
  }
}

function code(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(() => "answered", code);
}

/** A handler that asks the other side for one step less. */
function descend(next: IPCSocket): (depth: number) => Promise<number> {
  return async (depth) => {
    if (depth === 0) return 0;
    const rest: unknown = await next.invoke("down", depth - 1);
    return 1 + Number(rest);
  };
}

/** Both sides of one session, in both orders: who asks, and who answers. */
async function bothWays(
  options: Parameters<TestPlace["serve"]>[0] = {},
): Promise<{ asker: IPCSocket; answerer: IPCSocket; way: string }[]> {
  const place = new TestPlace();
  const server = await place.serve(options);
  const { socket, remote } = await place.pair(server, options);
  return [
    { asker: socket, answerer: remote, way: "client asks" },
    { asker: remote, answerer: socket, way: "server asks" },
  ];
}

describe("a call", () => {
  it("is answered by what the handler returns, or what its promise brings, on both sides", async () => {
    for (const { asker, answerer } of await bothWays()) {
      answerer.handle("add", ([a, b]: [number, number]) => a + b);
      answerer.handle("later", async (data: unknown) => {
        await turn();
        return { data };
      });
      answerer.handle("nothing", () => undefined);
      answerer.handle("bytes", (bytes: Uint8Array) => bytes.map((byte) => byte + 1));
      expect(await asker.invoke("add", [40, 2])).toBe(42);
      expect(await asker.invoke("later", "x")).toEqual({ data: "x" });
      expect(await asker.invoke("nothing")).toBeUndefined();
      expect(await asker.invoke("bytes", new Uint8Array([1, 2]))).toEqual(new Uint8Array([2, 3]));
    }
  });

  it("is answered by the socket's handler first, then by the server's or client's", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    server.handle("who", () => "server");
    client.handle("who", () => "client");
    expect([await socket.invoke("who"), await remote.invoke("who")]).toEqual(["server", "client"]);
    remote.handle("who", () => "socket of the server");
    socket.handle("who", () => "socket of the client");
    expect([await socket.invoke("who"), await remote.invoke("who")]).toEqual([
      "socket of the server",
      "socket of the client",
    ]);
    remote.unhandle("who");
    server.unhandle("who");
    socket.unhandle("who");
    client.unhandle("who");
    for (const end of [socket, remote])
      expect(await codeOf(end.invoke("who"))).toBe("IPC_NO_HANDLER");
  });

  it("tells its handler the socket it came from", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.handle("who", (_, { socket }) => socket.id);
    const { socket } = await place.pair(server);
    expect(await socket.invoke("who")).toBe(socket.id);
  });

  it("may call back from within its handler, to any depth", async () => {
    for (const { asker, answerer } of await bothWays()) {
      answerer.handle("down", descend(answerer));
      asker.handle("down", descend(asker));
      expect(await asker.invoke("down", 100)).toBe(100);
      asker.unhandle("down");
      answerer.unhandle("down");
    }
  });

  it("keeps its place among events, and 1,000 of them have their own answers", async () => {
    for (const { asker, answerer } of await bothWays()) {
      const order: unknown[] = [];
      answerer.on("note", (data) => order.push(data));
      answerer.handle("double", (n: number) => {
        order.push(n);
        return 2 * n;
      });
      const replies: Promise<unknown>[] = [];
      for (let n = 0; n < 1_000; n += 2) {
        asker.emit("note", n);
        replies.push(asker.invoke("double", n + 1));
      }
      expect(await Promise.all(replies)).toEqual(
        Array.from({ length: 500 }, (_, index) => 4 * index + 2),
      );
      expect(order).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    }
  });
});

describe("a call that fails", () => {
  it("brings what the handler threw, or its promise was rejected with, and the session goes on", async () => {
    for (const { asker, answerer } of await bothWays()) {
      const error = Object.assign(new RangeError("far", { cause: "wind" }), { code: "FAR", by: 3 });
      answerer.handle("throw", () => {
        throw error;
      });
      answerer.handle("reject", () => Promise.reject(error));
      answerer.handle("fine", () => "fine");
      for (const event of ["throw", "reject"]) {
        const failure: unknown = await asker.invoke(event).catch((reason: unknown) => reason);
        expect(failure).toBeInstanceOf(RemoteError);
        expect(failure).toMatchObject({
          name: "RangeError",
          message: "far",
          code: "FAR",
          by: 3,
          cause: "wind",
        });
        expect(failure).not.toHaveProperty("remoteStack");
        expect((failure as Error).stack).not.toContain("calls.test.ts:1");
      }
      expect(await asker.invoke("fine")).toBe("fine");
    }
  });

  it("brings what is no error, and what cannot even be read", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket } = await place.pair(server);
    const trap = new Proxy(new Error("x"), {
      get() {
        throw new Error("trap");
      },
    });
    server.handle("throw", (what: string) => {
      // oxlint-disable-next-line typescript/only-throw-error -- what applications do all the same
      throw what === "trap" ? trap : what;
    });
    await expect(socket.invoke("throw", "words")).rejects.toMatchObject({
      message: "words",
      thrown: "words",
    });
    await expect(socket.invoke("throw", "trap")).rejects.toBeInstanceOf(RemoteError);
  });

  it("brings the handler's stack with the option sendStacks", async () => {
    for (const { asker, answerer } of await bothWays({ sendStacks: true })) {
      answerer.handle("throw", () => {
        throw new Error("here");
      });
      await expect(asker.invoke("throw")).rejects.toMatchObject({
        remoteStack: expect.stringContaining("calls.test.ts") as string,
      });
    }
  });

  it("says at once that nobody handles it", async () => {
    for (const { asker } of await bothWays()) {
      const failure: unknown = await asker.invoke("nobody").catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ProtocolError);
      expect(failure).toMatchObject({ code: "IPC_NO_HANDLER", blame: "peer" });
      expect((failure as Error).message).toBe(`Nobody at the peer handles the call: "nobody".`);
    }
  });

  it("rejects with the caller's own mistakes, and never throws", async () => {
    for (const { asker, answerer } of await bothWays({ maxMessageBytes: 20_000 })) {
      for (const [data, expected] of [
        [1n, "IPC_NOT_ENCODABLE"],
        ["x".repeat(20_000), "IPC_MESSAGE_TOO_LARGE"],
        [Array.from({ length: 65 }, () => Buffer.alloc(1)), "IPC_TOO_MANY_ATTACHMENTS"],
      ] as const) {
        expect(await codeOf(asker.invoke("x", data))).toBe(expected);
      }
      expect(await codeOf(asker.invoke("connected"))).toBe("IPC_RESERVED_EVENT");
      for (const timeout of [-1, Number.NaN, 2 ** 31, "5" as unknown as number]) {
        expect(await codeOf(asker.invoke("x", 1, { timeout }))).toBe("IPC_INVALID_OPTION");
      }
      answerer.handle("too much", () => "x".repeat(20_000));
      answerer.handle("no text", () => 1n);
      expect(await codeOf(asker.invoke("too much"))).toBe("IPC_MESSAGE_TOO_LARGE");
      expect(await codeOf(asker.invoke("no text"))).toBe("IPC_NOT_ENCODABLE");
    }
  });

  it("is not sent when the other side takes less than it has", async () => {
    const place = new TestPlace();
    const server = await place.serve({ maxMessageBytes: 20_000 });
    const { socket, remote } = await place.pair(server);
    expect(await codeOf(socket.invoke("x", "x".repeat(20_000)))).toBe("IPC_MESSAGE_TOO_LARGE");
    socket.handle("much", () => "x".repeat(20_000));
    expect(await codeOf(remote.invoke("much"))).toBe("IPC_MESSAGE_TOO_LARGE");
    socket.handle("fail", () => {
      throw Object.assign(new Error("x".repeat(30_000)), { code: "E_LONG" });
    });
    expect(await codeOf(remote.invoke("fail"))).toBe("E_LONG");
    expect(remote.connected).toBe(true);
  });

  it("says when the other side has enough of them", async () => {
    for (const { asker, answerer } of await bothWays({ maxCalls: 2 })) {
      const gate = new Gate();
      answerer.handle("wait", gate.handler);
      const calls = [1, 2].map((n) => asker.invoke("wait", n));
      expect(await codeOf(asker.invoke("wait", 3))).toBe("IPC_TOO_MANY_CALLS");
      gate.open();
      expect(await Promise.all(calls)).toEqual([1, 2]);
      expect(await codeOf(asker.invoke("nobody"))).toBe("IPC_NO_HANDLER");
    }
  });
});

describe("a call that is given up", () => {
  it("fails at once, and the handler's signal is aborted on the other side", async () => {
    for (const { asker, answerer } of await bothWays()) {
      const gate = new Gate();
      answerer.handle("wait", gate.handler);
      const giveUp = new AbortController();
      const call = asker.invoke("wait", 1, { signal: giveUp.signal });
      await gate.holds(1);
      const [signal] = gate.signals;
      expect(signal?.aborted).toBe(false);
      giveUp.abort(new Error("no need"));
      await expect(call).rejects.toMatchObject({
        code: "IPC_CALL_CANCELLED",
        cause: { message: "no need" },
      });
      await gate.aborted(1);
      expect(code(signal?.reason)).toBe("IPC_CALL_CANCELLED");
      gate.open();
      answerer.handle("after", () => "fine");
      expect(await asker.invoke("after")).toBe("fine");
    }
  });

  it("is not even sent when its signal is aborted before", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays();
    let ran = 0;
    answerer.handle("count", () => ++ran);
    expect(await codeOf(asker.invoke("count", 1, { signal: AbortSignal.abort() }))).toBe(
      "IPC_CALL_CANCELLED",
    );
    expect(await asker.invoke("count")).toBe(1);
  });

  it("fails when its time is over, by default that of the option callTimeout, and 0 is for ever", async () => {
    for (const { asker, answerer } of await bothWays({ callTimeout: 60 })) {
      const gate = new Gate();
      answerer.handle("wait", gate.handler);
      const forever = asker.invoke("wait", "long", { timeout: 0 });
      expect(await codeOf(asker.invoke("wait"))).toBe("IPC_CALL_TIMEOUT");
      expect(await codeOf(asker.invoke("wait", 1, { timeout: 5 }))).toBe("IPC_CALL_TIMEOUT");
      await gate.aborted(2);
      gate.open();
      expect(await forever).toBe("long");
    }
  });

  it("refuses a default that is no timeout", () => {
    for (const callTimeout of [-1, 2 ** 31, Number.NaN]) {
      expect(() => new TestPlace().client({ callTimeout })).toThrow(/callTimeout/);
    }
  });
});

describe("the end of a session", () => {
  it("fails its calls, tells what is known of them, and aborts the handlers' signals", async () => {
    for (const who of ["client leaves", "server kicks", "server stops"]) {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      const gates = [new Gate(), new Gate()] as const;
      socket.handle("wait", gates[0].handler);
      remote.handle("wait", gates[1].handler);
      const lost = Promise.allSettled([socket.invoke("wait"), remote.invoke("wait")]);
      await Promise.all(gates.map((gate) => gate.holds(1)));
      if (who === "client leaves") await client.disconnect();
      else if (who === "server kicks") remote.disconnect("enough");
      else await server.stop();
      expect(await lost).toMatchObject(
        [1, 2].map(() => ({
          reason: { code: "IPC_CALL_LOST", context: { event: "wait", outcome: "unknown" } },
        })),
      );
      await Promise.all(gates.map((gate) => gate.aborted(1)));
      for (const gate of gates) gate.open();
      await expect(socket.invoke("wait")).rejects.toMatchObject({
        code: "IPC_CALL_LOST",
        context: { outcome: "not sent" },
      });
    }
  });

  it("does not lose a reply that came before it", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server);
    remote.handle("last", () => {
      remote.emit("bye");
      return "words";
    });
    socket.on("bye", () => socket.disconnect());
    const call = socket.invoke("last");
    expect(await codeOf(call)).toMatch(/^answered$|^IPC_CALL_LOST$/);
  });
});

describe("concurrency", () => {
  it("of 1 runs the calls of all peers one after the other, in order", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const [one, two] = [await place.pair(server), await place.pair(server)];
    let running = 0;
    const order: unknown[] = [];
    const handler = async (data: unknown): Promise<void> => {
      running += 1;
      expect(running).toBe(1);
      order.push(data);
      await turn();
      running -= 1;
    };
    server.handle("serial", handler, { concurrency: 1 });
    const calls = Array.from({ length: 20 }, (_, n) =>
      (n < 10 ? one : two).socket.invoke("serial", n),
    );
    await Promise.all(calls);
    expect(order.filter((n) => Number(n) < 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(order).toHaveLength(20);
  });

  it("runs no more than it says, and goes on after a handler has thrown", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays();
    let [running, most] = [0, 0];
    const handler = async (n: number): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      if (n % 2 === 0) throw new Error("even");
    };
    answerer.handle("three", handler, { concurrency: 3 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => asker.invoke("three", n)),
    );
    expect(most).toBe(3);
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(15);
  });

  it("does not run a call that is given up while it waits, and makes its place free", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays({ maxCalls: 2 });
    const gate = new Gate();
    answerer.handle("serial", gate.handler, { concurrency: 1 });
    const first = asker.invoke("serial", 1);
    const giveUp = new AbortController();
    const second = asker.invoke("serial", 2, { signal: giveUp.signal });
    await gate.holds(1);
    giveUp.abort();
    expect(await codeOf(second)).toBe("IPC_CALL_CANCELLED");
    // Its turn has not come, and so its place is not free.
    expect(await codeOf(asker.invoke("serial", "no place"))).toBe("IPC_TOO_MANY_CALLS");
    gate.open();
    expect(await first).toBe(1);
    const third = asker.invoke("serial", 3);
    await gate.holds(2);
    gate.open();
    expect(await third).toBe(3);
    expect(gate.passed).toEqual([1, 3]);
  });

  it.each([0, -1, Number.NaN, "1"])("of %s is refused", async (concurrency) => {
    const [{ answerer } = {} as never] = await bothWays();
    const options = { concurrency: concurrency as number };
    expect(() => answerer.handle("x", () => 1, options)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
    );
  });
});

describe("a handler", () => {
  it("is one for each event, of a name that is not the library's", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket } = await place.pair(server);
    for (const owner of [server, client, socket]) {
      owner.handle("x", () => 1);
      expect(() => owner.handle("x", () => 2)).toThrow(
        expect.objectContaining({ code: "IPC_HANDLER_EXISTS" }),
      );
      owner.unhandle("x").handle("x", () => 3);
      expect(() => owner.handle("connect", () => 1)).toThrow(
        expect.objectContaining({ code: "IPC_RESERVED_EVENT" }),
      );
    }
  });

  it("goes on when it is taken off in the middle of a call", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays();
    const gate = new Gate();
    answerer.handle("wait", gate.handler);
    const call = asker.invoke("wait", 1);
    await gate.holds(1);
    answerer.unhandle("wait");
    gate.open();
    expect(await call).toBe(1);
  });

  it("is not there for names like those of a prototype", async () => {
    const [{ asker } = {} as never] = await bothWays();
    for (const event of ["__proto__", "constructor", "toString", ""]) {
      expect(await codeOf(asker.invoke(event))).toBe("IPC_NO_HANDLER");
    }
  });

  it("answers a stranger that has no library, and only what it is asked", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.handle("add", ([a, b]: [number, number]) => a + b);
    const peer = await place.stranger(server);
    const connected = hear(server, "connected");
    peer.say(`${preface}{"hello":{}}\n`);
    await connected;
    await peer.hears("welcome");
    peer.say(`[1,"add",[1,2]]\n[2,"nobody"]\n`);
    await peer.hears(`{"reply":{"id":1,"data":3}}\n`);
    await peer.hears(`{"reply":{"id":2,"failure":"IPC_NO_HANDLER","message":"\\"nobody\\""}}\n`);
  });
});
