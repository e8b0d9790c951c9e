import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import {
  errorBye,
  clientPreface,
  helloLine,
  openClient,
  openServer,
  Party,
  serverPreface,
  welcomeLine,
} from "./party.ts";

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

/** Feeds whole and byte by byte, and answers the code with which each ends. */
function endings(make: () => Party, bytes: Buffer | string): unknown[] {
  const [whole, cut] = [make(), make()];
  whole.feed(bytes);
  for (const byte of Buffer.from(bytes)) cut.feed(Uint8Array.of(byte));
  expect(cut.delivered).toEqual(whole.delivered);
  expect(cut.take()).toBe(whole.take());
  return [whole, cut].map((party) => {
    party.disconnect();
    return (party.end?.error as { code?: unknown } | undefined)?.code;
  });
}

function serverWithoutHello(): Party {
  const server = new Party("server");
  server.feed(clientPreface);
  return server;
}

function clientWithoutWelcome(): Party {
  const client = new Party("client");
  client.feed(serverPreface);
  return client;
}

describe("a hostile client", () => {
  it.each([
    ["garbage", "\u0000\u0001\u0002\n", "IPC_INVALID_JSON"],
    ["text that is no JSON", "hello there\n", "IPC_INVALID_JSON"],
    ["20,000 open brackets", `${"[".repeat(20_000)}\n`, "IPC_INVALID_JSON"],
    ["20,000 nested arrays", `["e",${nested(20_000)}]\n`, "IPC_TOO_DEEP"],
    [
      "20,000 nested objects",
      `["e",${`{"a":`.repeat(20_000)}1${"}".repeat(20_000)}]\n`,
      "IPC_TOO_DEEP",
    ],
    [
      "129 levels beside an attachment",
      `*1 ["e",[${nested(128)},{"$bin":[0,"Buffer"]}]]\nx`,
      "IPC_TOO_DEEP",
    ],
    ["JSON that is no message", "5\n", "IPC_INVALID_MESSAGE"],
    ["a string for a message", `"e"\n`, "IPC_INVALID_MESSAGE"],
    ["an empty array", "[]\n", "IPC_INVALID_MESSAGE"],
    ["an event with two values", `["e",1,2]\n`, "IPC_INVALID_MESSAGE"],
    ["an empty object", "{}\n", "IPC_INVALID_MESSAGE"],
    ["an unknown control message", `{"ack":1}\n`, "IPC_INVALID_MESSAGE"],
    ["two control messages in one", `{"ping":1,"pong":1}\n`, "IPC_INVALID_MESSAGE"],
    ["a second hello", helloLine, "IPC_INVALID_MESSAGE"],
    ["a welcome", welcomeLine, "IPC_INVALID_MESSAGE"],
    ["a bye without a reason", `{"bye":{}}\n`, "IPC_INVALID_MESSAGE"],
    ["a control message with attachments", `*1 {"ping":0}\nx`, "IPC_INVALID_MESSAGE"],
    [
      "a control message above 16 KiB",
      `{"bye":{"reason":"lost","x":"${"x".repeat(16_384)}"}}\n`,
      "IPC_INVALID_MESSAGE",
    ],
    ["a line that begins with ~", "~0 1!\nx", "IPC_INVALID_JSON"],
    ["an attachment for nothing", `*1 ["e"]\nx`, "IPC_ATTACHMENTS_MISMATCH"],
    [
      "a reference without attachments",
      `["e",{"$bin":[0,"Buffer"]}]\n`,
      "IPC_ATTACHMENTS_MISMATCH",
    ],
    [
      "the same in an event that is reserved",
      `["connect",{"$bin":[0,"Buffer"]}]\n`,
      "IPC_ATTACHMENTS_MISMATCH",
    ],
    ["an empty line", "\n", "IPC_FRAMING_EMPTY_LINE"],
    ["a line that ends with CR LF", `["e"]\r\n`, "IPC_FRAMING_CARRIAGE_RETURN"],
    ["a header without a number", "* x\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["a header with a sign", "*-1 x\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["a header with a leading zero", "*01 x\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["a header that announces terabytes", "*99999999999999 x\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    [
      "a header with 65 attachments",
      `*${"1,".repeat(64)}1 x\n`,
      "IPC_FRAMING_TOO_MANY_ATTACHMENTS",
    ],
    ["invalid UTF-8", Buffer.from(`["\u00e9"]\n`, "latin1"), "IPC_FRAMING_INVALID_UTF8"],
  ])("is told the code and closed: %s", (_, bytes, code) => {
    expect(endings(openServer, bytes)).toEqual([code, code]);
    const server = openServer();
    server.feed(bytes);
    expect(server.take()).toBe(errorBye(code));
  });

  it.each([
    ["an event before its hello", `["e"]\n`, "IPC_INVALID_MESSAGE"],
    ["a ping before its hello", `{"ping":0}\n`, "IPC_INVALID_MESSAGE"],
    [
      "a frame above 16 KiB before its hello",
      `["${"x".repeat(20_000)}"]\n`,
      "IPC_FRAMING_FRAME_TOO_LARGE",
    ],
    ["an attachment before its hello", `*1 ["e"]\nx`, "IPC_FRAMING_TOO_MANY_ATTACHMENTS"],
    ["a hello that is none", `{"hello":5}\n`, "IPC_INVALID_MESSAGE"],
    ["a hello behind white space", ` ${helloLine}`, "IPC_INVALID_MESSAGE"],
    ["a bye behind white space", `\t{"bye":{"reason":"requested"}}\n`, "IPC_INVALID_MESSAGE"],
    ["a hello behind a byte order mark", `\ufeff${helloLine}`, "IPC_INVALID_JSON"],
  ])("is told the code and closed: %s", (_, bytes, code) => {
    expect(endings(serverWithoutHello, bytes)).toEqual([code, code]);
  });

  it("is closed after 1 KiB if it sends a gigabyte without LF", () => {
    const server = new Party("server");
    server.feed("{");
    server.feed(Buffer.alloc(1022, " "));
    expect(server.phase).toBe("preface");
    server.feed(" ");
    expect(server.phase).toBe("closing");
    const whole = new Party("server");
    whole.feed(Buffer.alloc(64 * 1024 * 1024, "{"));
    whole.disconnect();
    expect(whole.end?.error).toMatchObject({ code: "IPC_NOT_IPC" });
  });

  it("may send nothing but a control message before it is accepted, and larger ones afterwards", () => {
    const server = new Party("server", { accepts: false });
    server.feed(clientPreface + helloLine);
    server.accept({ id: "i", token: "t" });
    server.feed(`["${"y".repeat(16_385 - 4)}"]\n`);
    expect(server.events.map(([name]) => name.length)).toEqual([16_381]);
  });
});

describe("a hostile server", () => {
  it.each([
    ["an event before its welcome", `["e"]\n`],
    ["a ping before its welcome", `{"ping":0}\n`],
    ["a hello", helloLine],
    ["a welcome without a token", `{"welcome":{"id":"x"}}\n`],
    ["a welcome behind white space", ` ${welcomeLine}`],
  ])("is told the code and closed: %s", (_, bytes) => {
    const code = "IPC_INVALID_MESSAGE";
    expect(endings(clientWithoutWelcome, bytes)).toEqual([code, code]);
  });

  it("is closed over a second welcome", () => {
    expect(endings(openClient, welcomeLine)[0]).toBe("IPC_INVALID_MESSAGE");
  });

  it("may send events right behind its welcome", () => {
    const client = new Party("client");
    client.feed(`${serverPreface}${welcomeLine}["e",${"1".repeat(20_000)}]\n`);
    expect(client.events).toHaveLength(1);
  });
});

describe("a pong to no ping, or to one of another connection", () => {
  it("is ignored", () => {
    const server = openServer();
    server.feed('{"pong":5}\n{"pong":0}\n["e"]\n');
    expect(server.events).toEqual([["e", undefined]]);
  });
});

describe("a violation", () => {
  it("leaves the events before it, and none after it", () => {
    const server = openServer();
    server.feed(`["a",1]\n["b",2]\n{"nonsense":1}\n["c",3]\n`);
    server.feed(`["d",4]\n`);
    expect(server.events).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    server.disconnect();
    expect(server.end).toMatchObject({ reason: "violation", byPeer: false });
  });

  it("right behind a hello leaves nothing to accept", () => {
    const server = new Party("server");
    server.feed(`${clientPreface}${helloLine}!\n`);
    server.disconnect();
    expect(server.delivered.map(([kind]) => kind)).toEqual(["hello", "closed"]);
    expect(server.end).toMatchObject({ error: { code: "IPC_INVALID_JSON" } });
  });

  it("never quotes what the peer sent", () => {
    const server = openServer();
    server.feed(`["secret text\n`);
    server.disconnect();
    expect(JSON.stringify([server.end?.error?.message, server.end?.error])).not.toContain("secret");
    expect(server.end?.error?.cause).toBeUndefined();
  });

  it("lets what was emitted before it leave first", () => {
    const server = openServer();
    server.session.emit("a", 1);
    server.feed("!\n");
    expect(server.take()).toBe(`["a",1]\n${errorBye("IPC_INVALID_JSON")}`);
  });
});

describe("an event with a name that is closed to peers", () => {
  it("is dropped and reported, and harms nothing else", () => {
    const server = openServer();
    server.feed(`["error",{"a":1}]\n["newListener"]\n["ipc:report",1]\n["ok"]\n`);
    expect(server.events.map(([name]) => name)).toEqual([
      "ipc:report",
      "ipc:report",
      "ipc:report",
      "ok",
    ]);
    expect(server.reports).toEqual(Array.from({ length: 3 }, () => "IPC_RESERVED_EVENT"));
    expect(server.phase).toBe("open");
  });
});

describe("data that tries to reach a prototype", () => {
  it("stays data", () => {
    const server = openServer();
    server.feed(`["a",{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}]\n`);
    server.feed(`*1 ["a",{"__proto__":{"__proto__":{"$bin":[0,"Buffer"]}}}]\nx`);
    server.feed(`["__proto__",1]\n`);
    expect(Reflect.get({}, "x")).toBeUndefined();
    for (const [, data] of server.events.slice(0, 2)) {
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(Object.keys(data as object)).toContain("__proto__");
    }
    expect(server.events[2]?.[0]).toBe("__proto__");
  });
});
