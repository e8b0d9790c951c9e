import { describe, expect, it } from "vitest";
import { ProtocolError, RemoteError } from "../src/index.ts";
import { bothWays } from "./both-ways.ts";
import { codeOf } from "./code-of.ts";
import { errorOf } from "./error-of.ts";
import { Gate } from "./gate.ts";
import { TestPlace } from "./test-place.ts";
import { advanced } from "../src/advanced.ts";

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

  it.each([
    ["json", "json"],
    ["advanced", advanced],
  ] as const)(
    "brings the errors of an AggregateError, whatever the serialization: %s",
    async (_name, serialization) => {
      for (const { asker, answerer } of await bothWays({ serialization })) {
        answerer.handle("mirrors", async () =>
          Promise.any([
            Promise.reject(new Error("mirror a: 404")),
            Promise.reject(Object.assign(new Error("mirror b"), { code: "ETIMEDOUT" })),
          ]),
        );
        const error = (await errorOf(asker.invoke("mirrors"))) as AggregateError;
        expect([error.name, error.message]).toEqual([
          "AggregateError",
          "All promises were rejected",
        ]);
        expect(error.errors).toMatchObject([
          { message: "mirror a: 404" },
          { message: "mirror b", code: "ETIMEDOUT" },
        ]);
        expect(Object.keys(error)).toEqual([]);
      }
    },
  );

  it("answers at once for an error with data of the caller in which objects are shared", async () => {
    for (const { asker, answerer } of await bothWays({ serialization: advanced })) {
      answerer.handle("divide", (dividend: unknown) => {
        throw Object.assign(new RangeError("by zero"), { code: "DIVISOR", dividend });
      });
      let shared: unknown = ["", ""];
      for (let level = 0; level < 60; level++) shared = [shared, shared];
      const error = await errorOf(asker.invoke("divide", shared));
      expect(error).toMatchObject({ name: "RangeError", message: "by zero", code: "DIVISOR" });
      expect(Object.keys(error as object)).toEqual(["code"]);
    }
  });

  it("says at once that it has no handler", async () => {
    for (const { asker } of await bothWays()) {
      const failure: unknown = await asker.invoke("nobody").catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ProtocolError);
      expect(failure).toMatchObject({ code: "IPC_NO_HANDLER", blame: "peer" });
      expect((failure as Error).message).toBe(`The peer has no handler for the call: "nobody".`);
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
