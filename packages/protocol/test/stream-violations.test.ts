import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { RecoveryPair } from "./recovery-pair.ts";
import { Tank, Well } from "./tank.ts";

/** A `*` frame. */
function frame(line: string, ...attachments: (string | Uint8Array)[]): string {
  const lengths = attachments.map((one) => Buffer.byteLength(one)).join(",");
  return `*${lengths} ${line}\n${attachments.map((one) => Buffer.from(one).toString()).join("")}`;
}

/** Ids that are not written as decimal digits. */
const badIds = ["0x1", "1e0", " 1 ", "01", "+1", "1.0", ""].map((id): [string, string] => [
  `gives the id ${JSON.stringify(id)}`,
  frame('["s",{"$bin":[0,"ByteStream"]}]', id),
]);
const opened = frame('["s",{"$bin":[0,"ByteStream"]}]', "1");
const openedValues = frame('["s",{"$bin":[0,"ValueStream"]}]', "1");

/** The end of a server with a window of 1,024 bytes that is fed these bytes and sends a stream itself. */
function fed(bytes: string, byByte = false, maxStreams = 2): { code: unknown; tank: Tank } {
  const tank = new Tank();
  const pair = new RecoveryPair({
    streams: () => tank,
    limits: { maxStreams, streamWindow: 1_024 },
    recovers: false,
  });
  pair.connect();
  const { server } = pair;
  const well = new Well([]);
  well.dry = true;
  server.session?.emit("s", well);
  server.pump();
  const all = Buffer.from(bytes);
  const step = byByte ? 1 : all.length;
  for (let at = 0; at < all.length; at += step) {
    server.feed(all.subarray(at, at + step));
  }
  server.disconnect();
  const [end] = server.ends;
  return { code: (end?.error as { code?: unknown } | undefined)?.code, tank };
}

describe("a hostile peer", () => {
  it.each([
    ["sends bytes before any credit", `${opened}${frame('{"stream":{"id":1}}', "x")}`],
    ["ends a stream twice", `${opened}${'{"stream":{"id":1,"end":true}}\n'.repeat(2)}`],
    [
      "sends bytes after the end",
      `${opened}{"stream":{"id":1,"end":true}}\n*1 {"stream":{"id":1}}\nx`,
    ],
    ["speaks of a stream that never came", '{"stream":{"id":7,"end":true}}\n'],
    ["speaks of another stream than came", `${opened}{"stream":{"id":7,"end":true}}\n`],
    ["gives an id twice", `${opened}${opened}`],
    ["gives a lower id", frame('["s",{"$bin":[0,"ByteStream"]}]', "9") + opened],
    [
      "gives an id twice in a message",
      frame('["s",[{"$bin":[0,"ByteStream"]},{"$bin":[1,"ByteStream"]}]]', "1", "1"),
    ],
    [
      "opens a stream too many",
      frame(
        '["s",[{"$bin":[0,"ByteStream"]},{"$bin":[1,"ByteStream"]},{"$bin":[2,"ByteStream"]}]]',
        "1",
        "2",
        "3",
      ),
    ],
    ["gives an id that is no number", frame('["s",{"$bin":[0,"ByteStream"]}]', "x")],
    ...badIds,
    ["gives an id of 0", frame('["s",{"$bin":[0,"ByteStream"]}]', "0")],
    ["grants credit to a stream that was never sent", '{"stream":{"id":7,"credit":1}}\n'],
    [
      "grants more credit than there is",
      '{"stream":{"id":1,"credit":2147483647}}\n{"stream":{"id":1,"credit":1}}\n',
    ],
    ["grants no credit at all", '{"stream":{"id":1,"credit":0}}\n'],
    ["grants a part of a byte", '{"stream":{"id":1,"credit":0.5}}\n'],
    ["says nothing of a stream", '{"stream":{"id":1}}\n'],
    ["says what is not an object", '{"stream":1}\n'],
    ["cancels with something that is no error", '{"stream":{"id":1,"cancel":{"error":1}}}\n'],
    ["fails with something that is no error", `${opened}{"stream":{"id":1,"error":1}}\n`],
    ["sends a value of nothing", `${openedValues}{"stream":{"id":1,"data":null}}\n`],
    ["sends bytes in several attachments", `${opened}${frame('{"stream":{"id":1}}', "x", "y")}`],
    ["ends with an attachment", `${opened}${frame('{"stream":{"id":1,"end":true}}', "x")}`],
    [
      "fails with an attachment",
      `${opened}${frame('{"stream":{"id":1,"error":{"name":"","message":""}}}', "x")}`,
    ],
    ["sends a chunk of no bytes", `${opened}${frame('{"stream":{"id":1}}', "")}`],
  ])("%s, and is told off however its bytes are cut", (_, bytes) => {
    expect(fed(bytes).code).toBe("IPC_INVALID_MESSAGE");
    expect(fed(bytes, true).code).toBe("IPC_INVALID_MESSAGE");
  });

  it.each([
    [
      "a stream within a stream",
      `${openedValues}${frame('{"stream":{"id":1,"data":{"$bin":[0,"ByteStream"]}}}', "2")}`,
    ],
    ["a stream to which nothing refers", frame('["s",1]', "1")],
    ["a stream without its attachment", '["s",{"$bin":[0,"ByteStream"]}]\n'],
    [
      "a value with a reference without attachments",
      `${openedValues}{"stream":{"id":1,"data":[{"$bin":[0,"Buffer"]}]}}\n`,
    ],
    [
      "two references to one stream",
      frame('["s",[{"$bin":[0,"ByteStream"]},{"$bin":[0,"ByteStream"]}]]', "1"),
    ],
  ])("sends %s", (_, bytes) => {
    expect(fed(bytes).code).toBe("IPC_ATTACHMENTS_MISMATCH");
  });

  it("sends values nested too deep", () => {
    const nested = "[".repeat(129) + "]".repeat(129);
    expect(fed(`${openedValues}{"stream":{"id":1,"data":${nested}}}\n`).code).toBe("IPC_TOO_DEEP");
  });

  it.each([
    ["bytes for values", openedValues, frame('{"stream":{"id":1}}', "x")],
    ["values for bytes", opened, '{"stream":{"id":1,"data":1}}\n'],
  ])("sends %s", (_, opening, chunk) => {
    expect(afterGrant(opening, chunk)).toBe("IPC_INVALID_MESSAGE");
  });

  it.each([
    [1_023, "IPC_PEER_GONE"],
    [1_024, "IPC_PEER_GONE"],
    [1_025, "IPC_INVALID_MESSAGE"],
  ])("sends %i bytes where 1,024 were granted: %s", (size, code) => {
    expect(afterGrant(opened, frame('{"stream":{"id":1}}', "x".repeat(size)))).toBe(code);
  });

  it.each([
    [1, "IPC_PEER_GONE"],
    [2, "IPC_INVALID_MESSAGE"],
  ])("sends %i values of more than was granted each: %s", (count, code) => {
    const value = `{"stream":{"id":1,"data":"${"x".repeat(2_000)}"}}\n`;
    expect(afterGrant(openedValues, value.repeat(count))).toBe(code);
  });

  it.each([
    [1, "IPC_PEER_GONE"],
    [2, "IPC_PEER_GONE"],
    [3, "IPC_INVALID_MESSAGE"],
  ])("has %i streams open where 2 may be: %s", (count, code) => {
    const references = Array.from({ length: count }, (_, at) => `{"$bin":[${at},"ByteStream"]}`);
    const ids = Array.from({ length: count }, (_, at) => String(at + 1));
    const { code: told } = fed(frame(`["s",[${references.join(",")}]]`, ...ids));
    expect(told).toBe(code);
  });

  it("does not offer streams and speaks of one", () => {
    const pair = new RecoveryPair({
      streams: (role) => (role === "server" ? new Tank() : undefined),
    });
    pair.connect();
    pair.server.feed(Buffer.from(opened));
    pair.server.disconnect();
    expect(pair.server.ends[0]?.error).toMatchObject({ code: "IPC_ATTACHMENTS_MISMATCH" });
    const other = new RecoveryPair();
    other.connect();
    other.server.feed(Buffer.from('{"stream":{"id":1,"credit":1}}\n'));
    other.server.disconnect();
    expect(other.server.ends[0]?.error).toMatchObject({ code: "IPC_INVALID_MESSAGE" });
  });
});

describe("a peer whose words cross with ours", () => {
  it("may grant credit to, and cancel, what has ended", () => {
    const { code } = fed(
      '{"stream":{"id":1,"credit":9}}\n{"stream":{"id":1,"credit":9}}\n{"stream":{"id":1,"cancel":{}}}\n',
    );
    expect(code).toBe("IPC_PEER_GONE");
  });

  it("may send what was granted after its stream was cancelled", () => {
    const tank = new Tank();
    const pair = new RecoveryPair({ streams: () => tank, recovers: false });
    pair.connect();
    pair.server.feed(Buffer.from(opened));
    const [basin] = tank.basins;
    basin?.read();
    basin?.stream.cancel();
    pair.server.feed(Buffer.from(`*1 {"stream":{"id":1}}\nx{"stream":{"id":1,"end":true}}\n`));
    expect(basin?.chunks).toEqual([]);
    expect(pair.server.session?.phase).toBe("open");
    expect(pair.server.session?.openStreams).toBe(0);
  });

  it("is no longer read when its message is for a name of the library", () => {
    const tank = new Tank();
    const pair = new RecoveryPair({ streams: () => tank, recovers: false });
    pair.connect();
    pair.server.feed(Buffer.from(frame('["drain",{"$bin":[0,"ByteStream"]}]', "1")));
    pair.server.feed(Buffer.from(frame('[1,"drain",{"$bin":[0,"ByteStream"]}]', "2")));
    expect(pair.server.takeBytes().toString()).toContain('{"stream":{"id":1,"cancel":{}}}\n');
    pair.server.feed(
      Buffer.from('{"stream":{"id":1,"end":true}}\n{"stream":{"id":2,"end":true}}\n'),
    );
    expect(pair.server.session?.openStreams).toBe(0);
  });
});

/** The code with which a session ends whose peer opens a stream and sends chunks once it may. */
function afterGrant(opening: string, chunks: string): unknown {
  const tank = new Tank();
  const pair = new RecoveryPair({
    streams: () => tank,
    limits: { streamWindow: 1_024 },
    recovers: false,
  });
  pair.connect();
  pair.server.feed(Buffer.from(opening));
  const [basin] = tank.basins;
  if (basin !== undefined) basin.reads = false;
  basin?.read();
  pair.server.feed(Buffer.from(chunks));
  pair.server.disconnect();
  return (pair.server.ends[0]?.error as { code?: unknown } | undefined)?.code;
}
