import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { bytes, codeOf, connected, type StreamScene } from "./stream-scene.ts";
import { type Basin, Well } from "./tank.ts";
import { advanced } from "../src/advanced.ts";

const mebibyte = 1_048_576;

/** The message that opens a stream of the client. */
function opening(id: number, kind: "ByteStream" | "ValueStream"): string {
  return `*${String(id).length} ["s",{"$bin":[0,"${kind}"]}]\n${id}`;
}

/** Lets the server hear these bytes. */
function feed(scene: StreamScene, said: string | Uint8Array): void {
  scene.server.feed(Buffer.from(said));
}

/** Lets the server hear what a peer makes up, and its reader begin to read. */
function openByHand(scene: StreamScene, id: number, kind: "ByteStream" | "ValueStream"): Basin {
  feed(scene, opening(id, kind));
  const basin = scene.tank.basins.at(-1);
  if (basin === undefined) throw new Error("no stream has come");
  basin.reads = false;
  basin.read();
  return basin;
}

/** A value that takes more than its stream is granted. */
function largeValue(id: number): string {
  return `{"stream":{"id":${id},"data":"${"x".repeat(60_000)}"}}\n`;
}

/** Why the server has ended the session of a peer that made something up. */
function verdict(scene: StreamScene): unknown {
  scene.server.disconnect();
  return codeOf(scene.server.ends[0]?.error);
}

describe("what a peer makes wait in a stream", () => {
  it("takes twice its bytes at most, however small its chunks are", () => {
    const scene = connected({ limits: { streamWindow: 10_000 } });
    const basin = openByHand(scene, 1, "ByteStream");
    for (let byte = 0; byte < 10_000; byte++) {
      feed(scene, `*1 {"stream":{"id":1}}\n${byte % 10}`);
    }
    expect(basin.stream.waitingBytes).toBe(10_000);
    basin.read();
    expect(basin.text).toBe("0123456789".repeat(1_000));
    const memory = basin.chunks.map((chunk) => (chunk as Buffer).buffer.byteLength);
    expect(memory.length).toBeLessThanOrEqual(3);
    expect(memory.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(20_000);
  });

  it("takes twice its bytes at most when small chunks stand between large ones", () => {
    const scene = connected({ limits: { streamWindow: 200_000 } });
    const basin = openByHand(scene, 1, "ByteStream");
    let sent = "";
    for (let round = 0; round < 20; round++) {
      for (const size of [1, 2, 3, 5_000, 1, 600, 4_095, 20]) {
        const chunk = String.fromCharCode(97 + (round % 26)).repeat(size);
        feed(scene, `*${size} {"stream":{"id":1}}\n${chunk}`);
        sent += chunk;
      }
    }
    basin.read();
    expect(basin.text).toBe(sent);
    const memory = new Set(basin.chunks.map((chunk) => (chunk as Buffer).buffer));
    const total = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(total).toBeLessThanOrEqual(2 * sent.length);
  });

  it("counts 128 bytes for each value beside its own, so that no number of small ones waits", () => {
    const scene = connected({ limits: { streamWindow: 65_536 } });
    openByHand(scene, 1, "ValueStream");
    const value = '{"stream":{"id":1,"data":0}}\n';
    const most = Math.ceil(65_536 / (value.length - 1 + 128));
    for (let count = 0; count < most; count++) feed(scene, value);
    expect(scene.server.session?.phase).toBe("open");
    feed(scene, value);
    expect(verdict(scene)).toBe("IPC_INVALID_MESSAGE");
  });

  it("becomes a value again when it is read", () => {
    const scene = connected();
    const basin = openByHand(scene, 1, "ValueStream");
    const values = [
      "x",
      "x".repeat(100),
      { deep: [{ ü: "é" }] },
      Array.from({ length: 50 }, () => ({})),
    ];
    for (const value of values)
      feed(scene, `{"stream":{"id":1,"data":${JSON.stringify(value)}}}\n`);
    const line = '{"stream":{"id":1,"data":{"$bin":[0,"Buffer"]}}}';
    feed(scene, `*3 ${line}\nabc`);
    basin.read();
    expect(basin.chunks).toEqual([...values, Buffer.from("abc")]);
  });

  it("exceeds what was granted by one message at most, all streams of values together", () => {
    const scene = connected({ limits: { maxMessageBytes: 100_000, streamWindow: 1_024 } });
    openByHand(scene, 1, "ValueStream");
    openByHand(scene, 2, "ValueStream");
    feed(scene, largeValue(1));
    expect(scene.server.session?.phase).toBe("open");
    feed(scene, largeValue(2));
    expect(verdict(scene)).toBe("IPC_INVALID_MESSAGE");
  });

  it("may be the largest value of all, with as many attachments as go with it", () => {
    const scene = connected({
      limits: { maxMessageBytes: 16_384, maxAttachments: 64, streamWindow: 1_024 },
    });
    const { client, pair, tank } = scene;
    const parts = Array.from({ length: 64 }, () => Buffer.alloc(200, 1));
    const values = [parts, parts, "last"];
    client.session?.emit("s", new Well(values, true));
    pair.settle();
    tank.basins[0]?.read();
    pair.settle();
    expect(tank.basins[0]?.chunks).toEqual(values);
  });

  it("lets a large value wait until another one was read, and the end until its own was", () => {
    const scene = connected({ limits: { maxMessageBytes: 100_000, streamWindow: 1_024 } });
    const { client, pair, tank } = scene;
    const wells = [1, 2].map(() => new Well(["x".repeat(60_000), "last"], true));
    client.session?.emit("s", wells);
    pair.settle();
    for (const basin of tank.basins) basin.reads = false;
    for (const basin of tank.basins) basin.read();
    pair.settle();
    expect(tank.basins.map(({ stream }) => stream.waitingBytes > 60_000)).toEqual([true, false]);
    for (const basin of tank.basins) basin.reads = true;
    tank.basins[0]?.read();
    pair.settle();
    expect(tank.basins.map(({ chunks, stream }) => [chunks.length, stream.ended])).toEqual([
      [2, true],
      [2, true],
    ]);
  });

  it("lets a large value leave when the reader of another one wants no more", () => {
    const scene = connected({ limits: { maxMessageBytes: 100_000, streamWindow: 1_024 } });
    const { client, pair, tank } = scene;
    client.session?.emit(
      "s",
      [1, 2].map(() => new Well(["x".repeat(60_000)], true)),
    );
    pair.settle();
    const [first, second] = tank.basins;
    if (first !== undefined) first.reads = false;
    first?.read();
    second?.read();
    pair.settle();
    first?.stream.cancel();
    pair.settle();
    expect(second?.stream.ended).toBe(true);
    expect(client.session?.openStreams).toBe(0);
  });

  it.each<[string, (scene: StreamScene, basin: Basin, said: string) => void]>([
    [
      "is dropped with its stream, unread",
      (scene, { stream }, said) => {
        feed(scene, said);
        stream.cancel();
      },
    ],
    [
      "comes when its reader wants no more",
      (scene, { stream }, said) => {
        stream.cancel();
        feed(scene, said);
      },
    ],
    ["cannot be read", (scene, _, said) => feed(scene, said.replace('"i"', '"unknown"'))],
  ])("makes no more room for others than it was granted, when a value %s", (_, exceed) => {
    const limits = { maxStreams: 4, streamWindow: 16 * mebibyte };
    const scene = connected({ limits, serialization: advanced });
    openByHand(scene, 1, "ByteStream");
    const basin = openByHand(scene, 2, "ValueStream");
    const data = `["${"x".repeat(200_000)}",{"$regexp":["a","i"]}]`;
    exceed(scene, basin, `{"stream":{"id":2,"data":${data}}}\n`);
    openByHand(scene, 3, "ByteStream");
    feed(scene, `*65536 {"stream":{"id":3}}\n`);
    feed(scene, bytes(65_536));
    expect(scene.server.session?.phase).toBe("open");
    feed(scene, `*1 {"stream":{"id":3}}\nx`);
    expect(verdict(scene)).toBe("IPC_INVALID_MESSAGE");
  });

  it("ends no stream of which more was sent than granted, before that was read", () => {
    const scene = connected({ limits: { streamWindow: 1_024 } });
    openByHand(scene, 1, "ValueStream");
    const end = '{"stream":{"id":1,"end":true}}\n';
    feed(scene, `{"stream":{"id":1,"data":"${"x".repeat(5_000)}"}}\n${end}`);
    expect(verdict(scene)).toBe("IPC_INVALID_MESSAGE");
  });

  it("counts until it is read, also when its stream has ended", () => {
    const scene = connected({ limits: { maxStreams: 2, streamWindow: 16 * mebibyte } });
    const { server } = scene;
    const fill = (id: number, size: number): Basin => {
      const basin = openByHand(scene, id, "ByteStream");
      feed(scene, `*${size} {"stream":{"id":${id}}}\n`);
      feed(scene, bytes(size));
      return basin;
    };
    const filled = [fill(1, 16 * mebibyte)];
    for (const id of [2, 3]) {
      filled.push(fill(id, 65_536));
      feed(scene, `{"stream":{"id":${id},"end":true}}\n`);
    }
    feed(scene, '{"stream":{"id":1,"end":true}}\n');
    const late = openByHand(scene, 4, "ByteStream");
    late.reads = true;
    feed(scene, '{"stream":{"id":4,"end":true}}\n');
    expect(server.session?.phase).toBe("open");
    // Of a fifth stream nothing may come before something was read of the others.
    openByHand(scene, 5, "ByteStream");
    filled[1]?.read();
    feed(scene, `*65536 {"stream":{"id":5}}\n`);
    feed(scene, bytes(65_536));
    expect(server.session?.phase).toBe("open");
    feed(scene, `*1 {"stream":{"id":5}}\nx`);
    expect(verdict(scene)).toBe("IPC_INVALID_MESSAGE");
  });
});
