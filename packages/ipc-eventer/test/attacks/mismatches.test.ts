import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { IPCClientOptions } from "../../src/index.ts";
import { codeOf } from "../../src/errors.ts";
import { Scene, type Wishes } from "./scene.ts";

let guarded: Scene;
let open: Scene;

beforeAll(async () => {
  guarded = await Scene.set();
  open = await Scene.set({ password: undefined });
});

afterAll(() => Promise.all([guarded.end(), open.end()]));

afterEach(() => {
  guarded.errors.length = 0;
  open.errors.length = 0;
});

describe("given the two sides do not fit", () => {
  const failed = "IPC_AUTHENTICATION_FAILED";

  it.each<[string, () => Scene, Wishes<IPCClientOptions>, client: string, server: string]>([
    ["the client has another password", () => guarded, { password: "a guess" }, failed, failed],
    ["the client names another realm", () => guarded, { realm: "elsewhere" }, failed, failed],
    [
      "only the server has a password",
      () => guarded,
      { password: undefined },
      "IPC_PEER_REQUIRES_PASSWORD",
      "IPC_PEER_IS_PLAINTEXT",
    ],
    [
      "only the client has a password",
      () => open,
      {},
      "IPC_PEER_IS_PLAINTEXT",
      "IPC_PEER_REQUIRES_PASSWORD",
    ],
  ])(
    "because %s, both are told, and nothing is delivered",
    async (_, sceneOf, options, ofClient, ofServer) => {
      const scene = sceneOf();
      const client = scene.client(undefined, { ...options, reconnect: true, reconnectInterval: 1 });
      const told: [string, string | undefined][] = [];
      const onServer: (string | undefined)[] = [];
      client.on("error", (error) => told.push(["error", codeOf(error)]));
      client.on("encryption:error", (error) => told.push(["encryption:error", codeOf(error)]));
      const connected = vi.fn<() => void>();
      client.on("connected", connected);
      scene.server.on("connected", connected);
      scene.server.once("encryption:error", (error) => onServer.push(codeOf(error)));
      await expect(client.connect()).rejects.toMatchObject({ code: ofClient });
      await vi.waitFor(() => expect(scene.errors).toContain(ofServer), 60_000);
      expect(onServer).toEqual([ofServer]);
      expect(told).toEqual([
        ["encryption:error", ofClient],
        ["error", ofClient],
      ]);
      expect(connected).not.toHaveBeenCalled();
      scene.server.off("connected", connected);
    },
  );

  it("because something else listens there, the client is told", async () => {
    const path = await guarded.newPath();
    const other = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("220 mail.example ESMTP\r\n");
    });
    await new Promise<void>((resolve) => void other.listen(path, resolve));
    await expect(guarded.client(path).connect()).rejects.toMatchObject({ code: "IPC_NOT_IPC" });
    other.close();
  });
});

describe("given a client that was authenticated once", () => {
  it("goes on trying when the server has another password for a while", async () => {
    const scene = await Scene.set();
    const client = scene.client(undefined, {
      reconnect: true,
      reconnectInterval: 5,
      reconnectMaxInterval: 10,
    });
    const codes: (string | undefined)[] = [];
    client.on("error", (error) => codes.push(codeOf(error)));
    const first = await client.connect();
    const { id } = first;
    await scene.server.setEncryption("for an hour or so");
    await scene.renewSameServer();
    await vi.waitFor(() => expect(codes).toContain("IPC_AUTHENTICATION_FAILED"), 60_000);
    const back = new Promise((resolve) => client.once("connected", resolve));
    await scene.server.setEncryption("open sesame");
    await back;
    expect(client.socket?.id).toBe(id);
    await scene.end();
  });
});

describe("a change of password", () => {
  it("leaves open connections alone and holds for those made afterwards", async () => {
    const scene = await Scene.set();
    const former = await scene.client().connect();
    await scene.server.setEncryption("changed");
    await expect(scene.client().connect()).rejects.toMatchObject({
      code: "IPC_AUTHENTICATION_FAILED",
    });
    const late = scene.client();
    await late.setEncryption("changed");
    await late.connect();
    expect(former.connected).toBe(true);
    expect(former.emit("order", 0)).toBe(true);
    await vi.waitFor(() => expect(scene.heard).toEqual([["order", 0]]), 60_000);
    scene.server.clearEncryption();
    const plain = scene.client();
    plain.clearEncryption();
    await plain.connect();
    await scene.end();
  });

  it("lets the former password serve until the new one is ready", async () => {
    const scene = await Scene.set();
    const ready = scene.server.setEncryption(`never used before ${process.hrtime.bigint()}`);
    const socket = await scene.client().connect();
    expect(socket.connected).toBe(true);
    await ready;
    await expect(scene.client().connect()).rejects.toMatchObject({
      code: "IPC_AUTHENTICATION_FAILED",
    });
    await scene.end();
  });

  it("is decided by the last of several, whichever is ready first", async () => {
    const scene = await Scene.set();
    // Known to this process already, the last one is ready at once.
    await Promise.all([
      scene.server.setEncryption("one"),
      scene.server.setEncryption("open sesame"),
    ]);
    await scene.client().connect();
    const two = scene.server.setEncryption("two");
    scene.server.clearEncryption();
    await two;
    const plain = scene.client(undefined, { password: undefined });
    await plain.connect();
    await scene.end();
  });

  it("makes the tokens of the former one worthless", async () => {
    const scene = await Scene.set();
    const client = scene.client();
    const { id } = await client.connect();
    await client.disconnect();
    expect((await client.connect()).id).toBe(id);
    await client.disconnect();
    await scene.server.setEncryption("changed");
    await client.setEncryption("changed");
    expect((await client.connect()).id).not.toBe(id);
    await scene.end();
  });

  it("never sends in plaintext the id and token that were given under a password", async () => {
    const scene = await Scene.set();
    const [proxy, path] = await scene.intercept();
    const client = scene.client(path);
    const { id } = await client.connect();
    await client.disconnect();
    scene.server.clearEncryption();
    client.clearEncryption();
    await client.connect();
    await client.disconnect();
    expect(proxy.captured.toString("latin1")).toContain('"hello"');
    expect(proxy.captured.toString("latin1")).not.toContain(id);
    await scene.end();
  });
});
