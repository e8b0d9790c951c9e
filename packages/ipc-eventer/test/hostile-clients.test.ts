import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, vi } from "vitest";
import { hello, preface, type RawPeer } from "./raw-peer.ts";
import { RemoteServer } from "./remote-server.ts";
import { RoundTrips } from "./round-trips.ts";
import { TestPlace } from "./test-place.ts";

/** The act of a connection, and the code with which the server ends it. */
type Visit = readonly [what: string, code: string, act: (peer: RawPeer) => void];

const say = (text: string | Uint8Array) => (peer: RawPeer) => void peer.say(text);
const opening = preface + hello;

/** Sends something once it is accepted, as a client does. */
const sayInside = (text: string) => (peer: RawPeer) => {
  peer.open().then(
    () => peer.say(text),
    () => undefined,
  );
};

const notAccepted: readonly Visit[] = [
  ["garbage", "IPC_NOT_IPC", say(Buffer.from([0, 255, 254, 10, 13]))],
  ["HTTP", "IPC_NOT_IPC", say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
  ["20,000 open brackets", "IPC_NOT_IPC", say("[".repeat(20_000))],
  ["20,000 open braces", "IPC_NOT_IPC", say("{".repeat(20_000))],
  ["a preface without role", "IPC_NOT_IPC", say('{"ipc":[1]}\n')],
  ["a preface of nulls", "IPC_NOT_IPC", say('{"ipc":null,"role":null}\n')],
  ["a preface of a server", "IPC_NOT_IPC", say(preface.replace("client", "server"))],
  ["1 KiB of preface without its end", "IPC_NOT_IPC", say(`{${" ".repeat(1_023)}`)],
  ["broken UTF-8", "IPC_NOT_IPC", say(Buffer.from('{"ipc":[1],"x":"\xff"}\n', "latin1"))],
  ["another wire version", "IPC_VERSION_MISMATCH", say(preface.replace("[1]", "[2]"))],
  ["a limit of 0", "IPC_LIMITS_TOO_LOW", say(preface.replace("}", ',"limits":{"message":0}}'))],
  ["a limit of text", "IPC_NOT_IPC", say(preface.replace("}", ',"limits":{"message":"1"}}'))],
  ["nothing at all", "IPC_HANDSHAKE_TIMEOUT", () => undefined],
  ["half a preface", "IPC_HANDSHAKE_TIMEOUT", say(preface.slice(0, 20))],
  ["a preface and no hello", "IPC_HANDSHAKE_TIMEOUT", say(preface)],
  ["a byte now and then", "IPC_HANDSHAKE_TIMEOUT", drip],
  ["an event before its hello", "IPC_INVALID_MESSAGE", say(`${preface}["x"]\n`)],
  ["a hello that is a list", "IPC_INVALID_MESSAGE", say(`${preface}{"hello":[]}\n`)],
  [
    "a name of 257 bytes",
    "IPC_INVALID_MESSAGE",
    say(`${preface}{"hello":{"name":"${"x".repeat(257)}"}}\n`),
  ],
  [
    "a hello of 17 KB",
    "IPC_FRAMING_FRAME_TOO_LARGE",
    say(`${preface}{"hello":{"name":"","x":"${"x".repeat(17_000)}"}}\n`),
  ],
  ["two hellos", "IPC_INVALID_MESSAGE", say(opening + hello)],
];

const inside: readonly Visit[] = [
  ["brackets as an event", "IPC_INVALID_JSON", sayInside(`["x",${"[".repeat(20_000)}\n`)],
  ["a deep event", "IPC_TOO_DEEP", sayInside(`["x",${"[".repeat(20_000)}${"]".repeat(20_000)}]\n`)],
  ["an event of three", "IPC_INVALID_MESSAGE", sayInside('["x",1,2]\n')],
  ["a call with a broken number", "IPC_INVALID_MESSAGE", sayInside('[1.5,"x"]\n')],
  ["a call of nothing", "IPC_INVALID_MESSAGE", sayInside("[1]\n")],
  ["an event name that is no text", "IPC_INVALID_MESSAGE", sayInside("[{}]\n")],
  ["two control messages in one", "IPC_INVALID_MESSAGE", sayInside('{"ping":1,"pong":1}\n')],
  ["an unknown control message", "IPC_INVALID_MESSAGE", sayInside('{"__proto__":1}\n')],
  ["an empty line", "IPC_FRAMING_EMPTY_LINE", sayInside("\n")],
  [
    "an attachment of 10^20 bytes",
    "IPC_FRAMING_FRAME_TOO_LARGE",
    sayInside('*99999999999999999999 ["x"]\n'),
  ],
  ["a negative length", "IPC_FRAMING_MALFORMED_HEADER", sayInside('*-1 ["x"]\n')],
  ["a length with a sign", "IPC_FRAMING_MALFORMED_HEADER", sayInside('*+1 ["x"]\n')],
  ["a length with a leading zero", "IPC_FRAMING_MALFORMED_HEADER", sayInside('*01 ["x"]\n')],
  [
    "a thousand attachments",
    "IPC_FRAMING_TOO_MANY_ATTACHMENTS",
    sayInside(`*${Array.from({ length: 1_000 }, () => "1").join(",")} ["x"]\n`),
  ],
  [
    "a header that never ends",
    "IPC_FRAMING_TOO_MANY_ATTACHMENTS",
    sayInside(`*${"1,".repeat(200_000)}`),
  ],
  ["an attachment that nothing names", "IPC_ATTACHMENTS_MISMATCH", sayInside('*1 ["x"]\n\0')],
  [
    "a reference to no attachment",
    "IPC_ATTACHMENTS_MISMATCH",
    sayInside('*1 ["x",{"$bin":[7,0]}]\n\0'),
  ],
  ["a line that begins with ~", "IPC_INVALID_JSON", sayInside("~0 5\n12345")],
];

const visits: readonly Visit[] = [...notAccepted, ...inside];

/** Preface and hello byte by byte, slower than any honest program. */
function drip(peer: RawPeer): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (peer.socket.destroyed) clearInterval(timer);
    else peer.say(opening[sent++ % opening.length] ?? "");
  }, 20);
}

describe("hostile connections to a server without a listener for error", () => {
  it("are each closed with a typed reason within the deadline, while an honest client goes on", async () => {
    const place = new TestPlace();
    const server = await RemoteServer.start(place, { handshakeTimeout: 400, closeTimeout: 400 });
    const trips = new RoundTrips(await place.client().connect());
    const farewells: string[][] = [];
    const codesExpected: Record<string, number> = {};
    for (const [what, code, act] of visits) {
      const peer = await server.rawPeer();
      const began = performance.now();
      act(peer);
      await peer.closed;
      const took = performance.now() - began;
      const [told = "nothing"] = /IPC_[A-Z_]+(?="\}\}\n$)/.exec(peer.text) ?? [];
      const least = code === "IPC_HANDSHAKE_TIMEOUT" ? 390 : 0;
      // A peer that is cut off while it still sends may be reset before it has read why.
      farewells.push([what, act === drip && told === "nothing" ? code : told]);
      expect(took).toBeGreaterThan(least);
      codesExpected[code] = (codesExpected[code] ?? 0) + 1;
    }
    expect(farewells).toEqual(visits.map(([what, code]) => [what, code]));
    const { count } = await trips.stop();
    // The server has told of the last one when its own end of that connection is over.
    await vi.waitFor(async () => {
      const { codes, clients } = await server.report();
      expect([codes, clients]).toEqual([codesExpected, 1]);
    }, 60_000);
    expect(count).toBeGreaterThan(20);
  });

  it("are silent when they connect and close at once", async () => {
    const place = new TestPlace();
    const server = await RemoteServer.start(place);
    for (let probe = 0; probe < 50; probe++) (await server.rawPeer()).destroy();
    await place.client().connect();
    const { codes, clients } = await server.report();
    expect([codes, clients]).toEqual([{}, 1]);
  });

  it("are 500 at once, and an honest client goes on", async () => {
    const place = new TestPlace();
    const server = await RemoteServer.start(place, { handshakeTimeout: 400, closeTimeout: 400 });
    const trips = new RoundTrips(await place.client().connect());
    const peers = await Promise.all(Array.from({ length: 500 }, () => server.rawPeer()));
    for (const [index, peer] of peers.entries()) visits[index % visits.length]?.[2](peer);
    await Promise.all(peers.map(({ closed }) => closed));
    for (const { text } of peers) {
      expect(text).toMatch(/^$|"error":"IPC_[A-Z_]+"\}\}\n$|"features":\[[^\]]*\]\}\n$/);
    }
    const { count, slowest } = await trips.stop();
    const { clients, codes } = await server.report();
    expect(clients).toBe(1);
    expect(Object.values(codes).reduce((sum, times) => sum + times, 0)).toBe(500);
    process.stdout.write(
      `500 connections: ${count} honest round trips, ${slowest.toFixed()} ms the slowest\n`,
    );
    expect(count).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(30_000);
  });

  it("cannot use up its files unnoticed: it tells of it once, and goes on when they are gone", async () => {
    const place = new TestPlace();
    const server = await RemoteServer.start(place, { handshakeTimeout: 400 }, 128);
    const trips = new RoundTrips(await place.client().connect());
    const peers = await Promise.all(Array.from({ length: 200 }, () => server.rawPeer()));
    await Promise.all(peers.map(({ closed }) => closed));
    const { count } = await trips.stop();
    expect(count).toBeGreaterThan(0);
    await place.client({ reconnect: true, reconnectInterval: 50 }).connect();
    const { clients, codes } = await server.report();
    expect(clients).toBe(2);
    // Told once, although hundreds of connections found no descriptor.
    expect(codes["EMFILE"]).toBe(1);
  });
});

it("hostile connections that send garbage in a loop raise a bounded number of errors, and are counted", async () => {
  const place = new TestPlace();
  const server = await place.serve();
  const published: unknown[] = [];
  const keep = (message: unknown): void => void published.push(message);
  subscribe("ipc-eventer:error", keep);
  place.finally(() => void unsubscribe("ipc-eventer:error", keep));
  const errors: { context: { count?: number } }[] = [];
  server.on("error", (error) => errors.push(error as unknown as { context: { count?: number } }));
  for (let count = 0; count < 200; count++) {
    const peer = await place.rawPeer(server);
    peer.say("garbage\n");
  }
  await expect.poll(() => published.length).toBe(200);
  await server.stop();
  // At once one a second, and the rest at the end of each.
  expect(errors.length).toBeLessThan(30);
  const counted = errors.reduce((sum, { context }) => sum + (context.count ?? 1), 0);
  expect(counted).toBe(200);
});

it("hostile connections that come back after each violation raise a bounded number of errors, also where each socket is listened to", async () => {
  const place = new TestPlace();
  const server = await place.serve();
  const errors: { context: { count?: number } }[] = [];
  let own = 0;
  server.on("error", (error) => errors.push(error as unknown as { context: { count?: number } }));
  server.on("connect", (socket) => socket.on("error", () => own++));
  for (let count = 0; count < 100; count++) {
    const peer = await place.rawPeer(server);
    await peer.open();
    peer.say("garbage\n");
    await peer.closed;
  }
  await expect.poll(() => own).toBe(100);
  await server.stop();
  expect(errors.length).toBeLessThan(50);
  const counted = errors.reduce((sum, { context }) => sum + (context.count ?? 1), 0);
  expect(counted).toBe(100);
});
