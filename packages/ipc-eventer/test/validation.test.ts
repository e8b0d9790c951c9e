import { inspect } from "node:util";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { IPCServer, StandardSchema } from "../src/index.ts";
import { errorOf } from "./error-of.ts";
import { hear, hearAll } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

/** The same demand in the words of three libraries: a named amount, its name trimmed. */
const libraries: readonly (readonly [string, StandardSchema])[] = [
  ["zod", z.object({ name: z.string().trim(), price: z.object({ amount: z.number() }) })],
  [
    "valibot",
    v.object({ name: v.pipe(v.string(), v.trim()), price: v.object({ amount: v.number() }) }),
  ],
  ["arktype", type({ name: "string.trim", price: { amount: "number" } })],
];

const fitting = { name: "  tea ", price: { amount: 3 } };
const misfit = { name: "tea", price: { amount: "three" } };

/** A validator made of one function. */
function schema(validate: StandardSchema["~standard"]["validate"]): StandardSchema {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

describe.each(libraries)("a validator of %s", (_, offer) => {
  it("changes what listeners hear, drops what does not fit, and names the place", async () => {
    const place = new TestPlace();
    const server: IPCServer = await place.serve({ schemas: { offer } });
    const { socket, remote } = await place.pair(server);
    const heard: unknown[] = [];
    remote.on("offer", (data) => heard.push(data));
    server.on("offer", (data) => heard.push(data));
    remote.onAny((event, data) => heard.push([event, data]));
    const told = hear(server, "error");
    const done = hear(remote, "done");
    socket.emit("offer", misfit);
    socket.emit("offer", fitting);
    socket.emit("done");
    await expect(told).resolves.toMatchObject({
      code: "IPC_INVALID_DATA",
      blame: "peer",
      context: { event: "offer" },
      message: `The validator of the event "offer" refused the data that the peer sent. The event was dropped; the cause is what the validator said.`,
      cause: {
        message: expect.stringContaining("price.amount") as string,
        issues: expect.objectContaining({ length: 1 }) as unknown,
      },
    });
    await done;
    const trimmed = { name: "tea", price: { amount: 3 } };
    expect(heard).toEqual([trimmed, ["offer", trimmed], trimmed, ["done", undefined]]);
  });

  it("refuses a call that does not fit, with the place, and its handler does not run", async () => {
    const place = new TestPlace();
    const server = await place.serve({ schemas: { offer } });
    const { socket } = await place.pair(server);
    let ran = 0;
    server.handle("offer", (data: { name: string }) => {
      ran += 1;
      return data.name;
    });
    await expect(socket.invoke("offer", misfit)).rejects.toMatchObject({
      code: "IPC_INVALID_DATA",
      message: "The validator of the peer refused the data of the call; see its cause.",
      cause: { message: expect.stringMatching(/^"offer": price\.amount: /) as string },
    });
    expect(await socket.invoke("offer", fitting)).toBe("tea");
    expect(ran).toBe(1);
  });
});

describe("validators", () => {
  it("are for what comes in, on a client as on a server, and only for their events", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server, { schemas: { n: z.number() } });
    const heard: unknown[] = [];
    for (const event of ["n", "other", "toString"])
      client.on(event, (data: unknown) => heard.push(data));
    const told = hear(client, "error");
    const done = hear(client, "done");
    expect(socket.emit("n", "text")).toBe(true);
    for (const event of ["n", "other", "toString"]) remote.emit(event, "text");
    remote.emit("done");
    await expect(told).resolves.toMatchObject({ code: "IPC_INVALID_DATA" });
    await done;
    expect(heard).toEqual(["text", "text"]);
  });

  it("that are asynchronous refuse, and what becomes of their promise is no matter", async () => {
    const place = new TestPlace();
    const server = await place.serve({
      schemas: {
        rejects: schema(() => Promise.reject(new Error("later"))),
        fulfils: z.string().refine(async (text) => Promise.resolve(text !== "")),
      },
    });
    const { socket } = await place.pair(server);
    server.handle("rejects", () => 1);
    server.handle("fulfils", () => 1);
    for (const event of ["rejects", "fulfils"]) {
      const told = hearAll(server, "error", 2);
      await expect(socket.invoke(event, "x")).rejects.toMatchObject({
        code: "IPC_INVALID_DATA",
        cause: { message: expect.stringContaining("is asynchronous") as string },
      });
      socket.emit(event, "x");
      for (const [error] of await told) {
        expect(error).toMatchObject({
          blame: "caller",
          message: expect.stringContaining("is asynchronous") as string,
        });
      }
    }
  });

  it("that throw refuse, and the server is told what they threw; the caller is not", async () => {
    const place = new TestPlace();
    const broken = schema(() => {
      throw new TypeError("a secret of the validator");
    });
    const server = await place.serve({ schemas: { x: broken } });
    const { socket } = await place.pair(server);
    server.handle("x", () => 1);
    for (const act of [() => socket.invoke("x", 1), async () => void socket.emit("x", 1)]) {
      const told = hear(server, "error");
      const refused: unknown = await act().catch((error: unknown) => error);
      expect(inspect(refused)).not.toContain("secret");
      await expect(told).resolves.toMatchObject({
        code: "IPC_INVALID_DATA",
        blame: "caller",
        cause: { message: "a secret of the validator" },
      });
    }
  });

  it("may give no reason and no place, or places of every kind", async () => {
    const place = new TestPlace();
    const server = await place.serve({
      schemas: {
        none: schema(() => ({ issues: [] })),
        bare: schema(() => ({ issues: [{ message: "wrong" }] })),
        steps: schema(() => ({
          issues: [{ message: "wrong", path: [{ key: "a" }, 0, Symbol("s")] }],
        })),
      },
    });
    const { socket } = await place.pair(server);
    for (const [event, why] of [
      ["none", `"none": The data does not fit.`],
      ["bare", `"bare": wrong`],
      ["steps", `"steps": a.0.Symbol(s): wrong`],
    ] as const) {
      server.handle(event, () => 1);
      await expect(socket.invoke(event)).rejects.toMatchObject({ cause: { message: why } });
    }
  });

  it("may quote what was sent: that is in the cause, and never in a message or a log", async () => {
    const place = new TestPlace();
    const quoting = schema((value) => ({ issues: [{ message: `not ${String(value)}` }] }));
    const server = await place.serve({ schemas: { x: quoting } });
    const { socket } = await place.pair(server);
    server.handle("x", () => 1);
    const told = hear(server, "error");
    const refused = (await errorOf(socket.invoke("x", "payload"))) as Error;
    socket.emit("x", "payload");
    for (const error of [refused, (await told) as Error]) {
      expect(error.stack).not.toContain("payload");
      expect((error.cause as Error).message).toContain("not payload");
    }
  });

  it("say nothing of a call without a handler", async () => {
    const place = new TestPlace();
    let asked = 0;
    const count = schema((value) => {
      asked += 1;
      return { value };
    });
    const server = await place.serve({ schemas: { x: count } });
    const { socket } = await place.pair(server);
    await expect(socket.invoke("x")).rejects.toMatchObject({ code: "IPC_NO_HANDLER" });
    expect(asked).toBe(0);
  });
});

describe("given a listener that takes data apart", () => {
  const text = schema((value) => {
    const fits = typeof value === "object" && value !== null && "text" in value;
    return fits ? { value } : { issues: [{ message: "a text is wanted" }] };
  });

  it("keeps an event without data from it where there is a validator, and tells", async () => {
    const place = new TestPlace();
    const server: IPCServer = await place.serve({ schemas: { say: text } });
    const { socket, remote } = await place.pair(server);
    const heard: unknown[] = [];
    remote.on("say", ({ text: said }: { text: unknown }) => heard.push(said));
    const told = hear(server, "error");
    for (const data of [undefined, null, 5, { text: "hello" }]) socket.emit("say", data);
    await socket.flush();
    await expect(told).resolves.toMatchObject({ code: "IPC_INVALID_DATA", blame: "peer" });
    expect(heard).toEqual(["hello"]);
  });

  it("lets the call fail, and nothing else, where it is a handler", async () => {
    const place = new TestPlace();
    const server: IPCServer = await place.serve();
    const { socket, remote } = await place.pair(server);
    remote.handle("say", ({ text: said }: { text: unknown }) => said);
    await expect(socket.invoke("say")).rejects.toMatchObject({ name: "TypeError" });
    await expect(socket.invoke("say", { text: "hello" })).resolves.toBe("hello");
  });
});
