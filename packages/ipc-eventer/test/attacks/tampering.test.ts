import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { IPCClientOptions } from "../../src/index.ts";
import { flip, type ProxyOptions, type Rewrite, type Side } from "./proxy.ts";
import { type Outcome, Scene } from "./scene.ts";

let scene: Scene;
/** What an untouched session looks like on the way. */
let recorded: Readonly<Record<Side, readonly Buffer[]>>;

beforeAll(async () => {
  scene = await Scene.set();
  const [proxy, path] = await scene.intercept();
  await scene.talkAt(path);
  recorded = proxy.parts;
});

afterAll(() => scene.end());

afterEach(async () => {
  const next = await scene.talkAt();
  if (next.heard.length < 3) throw new Error("The next honest client was not served.");
  scene.errors.length = 0;
});

/** One part of one side becomes others. */
function instead(by: Side, index: number, make: (part: Buffer) => readonly Buffer[]): Rewrite {
  return (part, at, side) => (side === by && at === index ? make(part) : [part]);
}

/** Nobody heard anything but a beginning of what was said. */
function expectNothingFalse({ heard }: Outcome): void {
  expect(heard).toEqual([0, 1, 2].slice(0, heard.length));
}

const firstEvent = 3;
const held: Buffer[] = [];

describe("somebody between a client and a server with a password", () => {
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
      () => instead("client", firstEvent, () => [recorded.client[firstEvent] ?? Buffer.alloc(0)]),
      refused,
    ],
    [
      "puts a record of another session in place of the server's",
      () => instead("server", firstEvent, () => [recorded.server[firstEvent] ?? Buffer.alloc(0)]),
      corrupt,
    ],
    [
      "puts the proof of another session in place of the server's",
      () => instead("server", 1, () => [recorded.server[1] ?? Buffer.alloc(0)]),
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
    const outcome = await scene.talk({ rewrite: rewrite() });
    expectNothingFalse(outcome);
    expect(outcome.code).toBe(codes.client);
    await vi.waitFor(() => expect(scene.errors).toEqual([codes.server]));
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
      const outcome = await scene.talk({ rewrite });
      expect(outcome.heard).toEqual([]);
      expect(outcome.code).toBe(index === 1 ? "IPC_NOT_IPC" : code);
    }
  });

  it("sends the client's own preface back in the server's name, and gets nowhere", async () => {
    let own: Buffer = Buffer.alloc(0);
    const outcome = await scene.talk({
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
    const outcome = await scene.talk({}, {}, other.address);
    expect(outcome.code).toBe("IPC_AUTHENTICATION_FAILED");
    await vi.waitFor(() => expect(other.errors).toEqual(["IPC_AUTHENTICATION_FAILED"]));
    await other.end();
  });

  it("plays a recorded session to the server again, and is told nothing", async () => {
    const socket = connect(scene.address);
    const said: Buffer[] = [];
    const heardBefore = scene.heard.length;
    socket.on("data", (chunk: Buffer) => said.push(chunk));
    for (const part of recorded.client) socket.write(part);
    await new Promise((resolve) => socket.on("close", resolve));
    await vi.waitFor(() => expect(scene.errors).toEqual(["IPC_AUTHENTICATION_FAILED"]));
    expect(scene.heard.length).toBe(heardBefore);
    expect(Buffer.concat(said).toString("latin1")).toMatch(
      /\{"error":"IPC_AUTHENTICATION_FAILED"\}\n$/,
    );
  });

  it("plays a recorded session to the client again, and hears a preface only", async () => {
    const path = await scene.newPath();
    const heard: Buffer[] = [];
    const squatter = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        heard.push(chunk);
        if (heard.length === 1) socket.write(Buffer.concat(recorded.server));
      });
    });
    await new Promise<void>((resolve) => void squatter.listen(path, resolve));
    const outcome = await scene.talkAt(path);
    expect(outcome).toMatchObject({ code: "IPC_AUTHENTICATION_FAILED", heard: [] });
    const lines = Buffer.concat(heard).toString().trimEnd().split("\n");
    expect(lines.length).toBe(2);
    expect(lines[1]).toBe(`{"error":"IPC_AUTHENTICATION_FAILED"}`);
    squatter.close();
  });
});

/** Many connections, each with an attack of its own, against fresh servers so that no limit interferes. */
async function attackAll(
  attacks: readonly ProxyOptions[],
  wishes?: IPCClientOptions,
  where = scene,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const batch = 32;
  for (let at = 0; at < attacks.length; at += batch) {
    await where.renew();
    const talks = attacks.slice(at, at + batch).map((attack) => where.talk(attack, wishes));
    outcomes.push(...(await Promise.all(talks)));
  }
  for (const [, data] of where.heard) expect([0, 1, 2]).toContain(data);
  for (const outcome of outcomes) expectNothingFalse(outcome);
  return outcomes;
}

describe("somebody who tries every place", () => {
  it.each(["client", "server"] as const)(
    "turns a bit of each byte of the %s's preface, and no session comes about",
    async (by) => {
      const { length } = recorded[by][0] ?? Buffer.alloc(0);
      const outcomes = await attackAll(
        Array.from({ length }, (_, at) => ({
          rewrite: instead(by, 0, (part) => [flip(part, at, 1 << randomInt(8))]),
        })),
      );
      for (const { code, heard } of outcomes) {
        expect(heard).toEqual([]);
        expect(code).toMatch(
          /^IPC_(AUTHENTICATION_FAILED|NOT_IPC|VERSION_MISMATCH|REFUSED|HANDSHAKE_TIMEOUT|SHARE_INVALID|PEER_GONE|LIMITS_TOO_LOW)$/,
        );
      }
    },
    60_000,
  );

  it("turns a bit of each byte of a record, and the record is not delivered", async () => {
    for (const by of ["client", "server"] as const) {
      const { length } = recorded[by][firstEvent] ?? Buffer.alloc(0);
      const outcomes = await attackAll(
        Array.from({ length }, (_, at) => ({
          // Of the length's middle byte the lowest bit: the record lasts until pongs have filled it.
          rewrite: instead(by, firstEvent, (part) => [
            flip(part, at, at === 2 ? 1 : 1 << randomInt(8)),
          ]),
        })),
      );
      for (const { code, heard } of outcomes) {
        expect(heard).toEqual([]);
        expect(code).toMatch(/^IPC_(RECORD_\w+|REFUSED|PEER_GONE|HEARTBEAT_TIMEOUT)$/);
      }
    }
  }, 60_000);

  it.each(["client", "server"] as const)(
    "cuts the connection at every byte of the %s, and it never looks complete",
    async (by) => {
      const { length } = Buffer.concat(recorded[by].slice(0, 4));
      const outcomes = await attackAll(
        Array.from({ length }, (_, after) => ({ cut: { by, after } })),
      );
      for (const { code, heard } of outcomes) {
        expect(heard.length).toBeLessThan(3);
        expect(code).toMatch(/^(IPC_PEER_GONE|EPIPE|ECONNRESET)$/);
      }
    },
    60_000,
  );
});

describe("somebody who tries at random", () => {
  it("gets nothing false delivered in 2,000 connections", async () => {
    const seed = randomInt(2 ** 20);
    const attacks = Array.from({ length: 2_000 }, (_, at): ProxyOptions => {
      const number = seed + at;
      const [by, index]: [Side, number] = [number % 2 === 0 ? "client" : "server", number % 5];
      const make = randomChanges[number % randomChanges.length] ?? ((part): Buffer[] => [part]);
      return { rewrite: instead(by, index, (part) => make(part, number)) };
    });
    // Most of the time passes in waiting for what was dropped: four servers wait at once.
    const scenes = await Promise.all(Array.from({ length: 4 }, () => Scene.set()));
    const shares = scenes.map((where, share) =>
      attackAll(
        attacks.filter((_, at) => at % scenes.length === share),
        impatient,
        where,
      ),
    );
    const outcomes = (await Promise.all(shares)).flat();
    await Promise.all(scenes.map((where) => where.end()));
    expect(outcomes.length).toBe(2_000);
    for (const { code, heard } of outcomes) {
      expect(heard.length === 3 || code !== undefined, `seed ${seed}`).toBe(true);
    }
  }, 60_000);
});

const impatient = { handshakeTimeout: 500, heartbeatInterval: 100, heartbeatTimeout: 400 };

/** What may be done to a part, decided by a number. */
const randomChanges: readonly ((part: Buffer, number: number) => Buffer[])[] = [
  (part, number) => [flip(part, (number * 7919) % part.length, 1 << (number % 8))],
  (part) => [part, part],
  () => [],
  (part, number) => [part.subarray(0, (number * 104_729) % part.length)],
  (part) => [Buffer.concat([part, Buffer.of(0)])],
  (part, number) => [
    flip(flip(part, number % part.length, 0x55), (number * 31) % part.length, 0xaa),
  ],
  (part) => [Buffer.from(part.toReversed())],
];

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
