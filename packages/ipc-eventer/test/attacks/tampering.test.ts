import { Buffer } from "node:buffer";
import { connect, createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { expectNothingFalse } from "./expect-nothing-false.ts";
import { flip, instead, type Rewrite } from "./proxy.ts";
import { firstEvent, recordedScene } from "./recorded-scene.ts";
import { Scene } from "./scene.ts";

const stage = recordedScene();
const held: Buffer[] = [];

describe("a process between a client and a server with a password", () => {
  const corrupt = { client: "IPC_RECORD_CORRUPT", server: "IPC_REFUSED" };
  const refused = { client: "IPC_REFUSED", server: "IPC_RECORD_CORRUPT" };
  const failed = { client: "IPC_AUTHENTICATION_FAILED", server: "IPC_AUTHENTICATION_FAILED" };

  it.each<[string, () => Rewrite, { client: string; server: string }]>([
    [
      "drops a record of the client",
      () => instead("client", firstEvent, () => []),
      { client: "IPC_REFUSED", server: "IPC_RECORD_CORRUPT" },
    ],
    [
      "repeats a record of the client",
      () => instead("client", firstEvent, (part) => [part, part]),
      refused,
    ],
    [
      "repeats a record of the server",
      () => instead("server", firstEvent, (part) => [part, part]),
      corrupt,
    ],
    [
      "lets two records of the client change places",
      () => (part, index, by) => {
        if (by === "server" || index < firstEvent || index > 4) return [part];
        if (index === 4) return [part, ...held.splice(0)];
        held.push(part);
        return [];
      },
      refused,
    ],
    [
      "puts a record of another session in place of one",
      () =>
        instead("client", firstEvent, () => [stage.recorded.client[firstEvent] ?? Buffer.alloc(0)]),
      refused,
    ],
    [
      "puts a record of another session in place of the server's",
      () =>
        instead("server", firstEvent, () => [stage.recorded.server[firstEvent] ?? Buffer.alloc(0)]),
      corrupt,
    ],
    [
      "puts the proof of another session in place of the server's",
      () => instead("server", 1, () => [stage.recorded.server[1] ?? Buffer.alloc(0)]),
      failed,
    ],
    [
      "says that the client has no password",
      () => instead("client", 0, (part) => [replace(part, "secure", "plain")]),
      { client: "IPC_PEER_REQUIRES_PASSWORD", server: "IPC_PEER_IS_PLAINTEXT" },
    ],
    [
      "says that the server has no password",
      () => instead("server", 0, (part) => [replace(part, "secure", "plain")]),
      { client: "IPC_PEER_IS_PLAINTEXT", server: "IPC_PEER_REQUIRES_PASSWORD" },
    ],
    [
      "lowers a limit that the client declares",
      () => instead("client", 0, (part) => [replace(part, "33554432", "16777216")]),
      failed,
    ],
    [
      "lowers a limit that the server declares",
      () => instead("server", 0, (part) => [replace(part, "33554432", "16777216")]),
      failed,
    ],
    [
      "adds a space to a preface",
      () => instead("client", 0, (part) => [replace(part, "{", "{ ")]),
      failed,
    ],
    [
      "turns the bit of a share that X25519 ignores",
      () => instead("client", 0, (part) => [turnIgnoredBit(part)]),
      failed,
    ],
    [
      "gives a share of low order",
      () => instead("client", 0, (part) => [withShare(part, Buffer.alloc(32))]),
      { client: "IPC_REFUSED", server: "IPC_SHARE_INVALID" },
    ],
    [
      "gives a share of low order to the client",
      () => instead("server", 0, (part) => [withShare(part, Buffer.alloc(32))]),
      { client: "IPC_SHARE_INVALID", server: "IPC_REFUSED" },
    ],
    [
      "adds plaintext behind the client's proof",
      () => instead("client", 1, (part) => [part, Buffer.from(`["order",666]\n`)]),
      { client: "IPC_REFUSED", server: "IPC_RECORD_UNEXPECTED" },
    ],
    [
      "announces a record of 16 MiB",
      () => instead("client", firstEvent, () => [Buffer.of(0x17, 0xff, 0xff, 0xff)]),
      { client: "IPC_REFUSED", server: "IPC_RECORD_SIZE" },
    ],
  ])("%s, and both sides know", async (_, rewrite, codes) => {
    const outcome = await stage.scene.talk({ rewrite: rewrite() });
    expectNothingFalse(outcome);
    expect(outcome.code).toBe(codes.client);
    await vi.waitFor(() => expect(stage.scene.errors).toContain(codes.server), 60_000);
  });

  it("alters a record of a session that both sides keep, which goes on, and the server tells", async () => {
    let altered = 0;
    const rewrite: Rewrite = (part, index, by) =>
      by === "client" && index === firstEvent && altered++ === 0 ? [flip(part, 10, 1)] : [part];
    const before = stage.scene.heard.length;
    const [, path] = await stage.scene.intercept({ rewrite });
    const client = stage.scene.client(path, { reconnect: true });
    const ends: unknown[] = [];
    client.on("disconnect", (end: { reason: string }) => ends.push(end.reason));
    const over = vi.fn<(end: unknown) => void>();
    client.on("disconnected", over);
    const told = vi.fn<(error: unknown) => void>();
    stage.scene.server.on("encryption:error", told);
    const socket = await client.connect();
    socket.emit("order", "kept");
    await socket.flush();
    expect(stage.scene.heard.slice(before)).toEqual([["order", "kept"]]);
    expect(ends).toEqual(["peer-gone"]);
    expect(over).not.toHaveBeenCalled();
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ code: "IPC_RECORD_CORRUPT" }));
    await client.disconnect();
  });

  it("sends the client's own bytes back to it, and gets nowhere", async () => {
    for (const [by, index, code] of [
      ["server", 0, "IPC_NOT_IPC"],
      ["server", 1, "IPC_AUTHENTICATION_FAILED"],
      ["server", 2, "IPC_RECORD_CORRUPT"],
    ] as const) {
      const own: Buffer[] = [];
      const rewrite: Rewrite = (part, at, side) => {
        if (side === "client") own.push(part);
        return side === by && at === index ? [own[index === 1 ? 0 : index] ?? part] : [part];
      };
      const outcome = await stage.scene.talk({ rewrite });
      expect(outcome.heard).toEqual([]);
      expect(outcome.code).toBe(index === 1 ? "IPC_NOT_IPC" : code);
    }
  });

  it("sends the client's own preface back in the server's name, and gets nowhere", async () => {
    let own: Buffer = Buffer.alloc(0);
    const outcome = await stage.scene.talk({
      rewrite: (part, index, by) => {
        if (index > 0) return [part];
        if (by === "client") own = part;
        return [by === "client" ? part : replace(own, `"client"`, `"server"`)];
      },
    });
    expect(outcome.code).toBe("IPC_SHARE_INVALID");
  });

  it("relays to a server of another realm, and no session comes about", async () => {
    const other = await Scene.set({ realm: "another vault" });
    const outcome = await stage.scene.talk({}, {}, other.address);
    expect(outcome.code).toBe("IPC_AUTHENTICATION_FAILED");
    await vi.waitFor(() => expect(other.errors).toEqual(["IPC_AUTHENTICATION_FAILED"]), 60_000);
    await other.end();
  });

  it("plays a recorded session to the server again, and is told nothing", async () => {
    const socket = connect(stage.scene.address);
    const said: Buffer[] = [];
    const heardBefore = stage.scene.heard.length;
    socket.on("data", (chunk: Buffer) => said.push(chunk));
    for (const part of stage.recorded.client) socket.write(part);
    await new Promise((resolve) => socket.on("close", resolve));
    // Errors of earlier tests may be reported once more, in a sum.
    await vi.waitFor(
      () => expect(stage.scene.errors).toContain("IPC_AUTHENTICATION_FAILED"),
      60_000,
    );
    expect(stage.scene.heard.length).toBe(heardBefore);
    expect(Buffer.concat(said).toString("latin1")).toMatch(
      /\{"bye":\{"reason":"authentication","error":"IPC_AUTHENTICATION_FAILED"\}\}\n$/,
    );
  });

  it("plays a recorded session to the client again, and hears a preface only", async () => {
    const path = await stage.scene.newPath();
    const heard: Buffer[] = [];
    const squatter = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        heard.push(chunk);
        if (heard.length === 1) socket.write(Buffer.concat(stage.recorded.server));
      });
    });
    await new Promise<void>((resolve) => void squatter.listen(path, resolve));
    const outcome = await stage.scene.talkAt(path);
    expect(outcome).toMatchObject({ code: "IPC_AUTHENTICATION_FAILED", heard: [] });
    const lines = Buffer.concat(heard).toString().trimEnd().split("\n");
    expect(lines.length).toBe(2);
    expect(lines[1]).toBe(
      `{"bye":{"reason":"authentication","error":"IPC_AUTHENTICATION_FAILED"}}`,
    );
    squatter.close();
  });
});

function replace(part: Buffer, text: string, other: string): Buffer {
  return Buffer.from(part.toString().replace(text, other));
}

function withShare(part: Buffer, share: Buffer): Buffer {
  return Buffer.from(
    part.toString().replace(/"share":"[^"]*"/, `"share":"${share.toString("base64")}"`),
  );
}

function turnIgnoredBit(part: Buffer): Buffer {
  const found = /"share":"([^"]*)"/.exec(part.toString())?.[1] ?? "";
  return withShare(part, flip(Buffer.from(found, "base64"), 31, 0x80));
}
