import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { connectOrServe, type StandardSchema } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

const storage = new AsyncLocalStorage<string>();

async function* rows(note: (what: string) => void): AsyncGenerator<string> {
  note("first row");
  yield "a";
  await new Promise(setImmediate);
  note("second row");
  yield "b";
}

it("runs all that a program registers in the async context in which it was registered", async () => {
  const place = new TestPlace();
  const seen: Record<string, string | undefined> = {};
  const note = (what: string): void => {
    seen[what] = storage.getStore();
  };
  const noted = (what: string): StandardSchema => ({
    "~standard": {
      version: 1,
      vendor: "test",
      validate(value) {
        note(what);
        return { value };
      },
    },
  });
  const server = storage.run("tenant", () =>
    place.server({ schemas: { event: noted("schema"), call: noted("schema of a call") } }),
  );
  storage.run("tenant", () => {
    server.use(() => note("use"));
    server.use(async () => note("use, asynchronous"));
    server.on("listening", () => note("listening"));
    server.on("connected", (socket) => {
      note("connected");
      socket.on("event", () => note("socket.on"));
      socket.once("event", () => note("socket.once"));
      socket.onAny(() => note("socket.onAny"));
      socket.handle("call", () => note("socket.handle"));
    });
    server.once("event", () => note("server.once"));
    server.handle("other call", () => note("server.handle"));
    server.handle("rows", async (stream: Readable) => {
      for await (const _ of stream) note("reading");
    });
  });
  await server.start();
  const client = place.client();
  storage.run("tenant", () => client.handle("asked", () => note("client.handle")));
  const socket = await client.connect();
  const [remote] = server.sockets;
  socket.emit("event", 1);
  await socket.invoke("call", 1);
  await socket.invoke("other call");
  await remote?.invoke("asked");
  await storage.run("tenant", async () => {
    await socket.invoke("rows", rows(note));
  });
  await storage.run("tenant", async () => {
    const { directory } = place;
    const member = await connectOrServe("group", {
      directory,
      serve: () => note("serve"),
      connect: () => undefined,
    });
    const second = await connectOrServe("group", {
      directory,
      serve: () => note("serve, later"),
      connect: () => note("connect"),
    });
    const taken = new Promise((resolve) => second.client?.on("disconnect", resolve));
    await storage.exit(() => member.leave());
    await taken;
    await expect.poll(() => second.role).toBe("server");
    await second.leave();
  });
  const names = Object.keys(seen).toSorted();
  expect(seen).toEqual(Object.fromEntries(names.map((name) => [name, "tenant"])));
  expect(names).toHaveLength(19);
});
