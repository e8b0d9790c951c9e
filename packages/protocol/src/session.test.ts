import { describe, expect, it } from "vitest";
import {
  errorBye,
  clientPreface,
  helloLine,
  openClient,
  openServer,
  Party,
  serverPreface,
  welcome,
  welcomeLine,
} from "../test/party.ts";
import { ProtocolError } from "./index.ts";
import { SessionPair } from "../test/session-pair.ts";

describe("the opening of a session", () => {
  it("lets each side introduce itself", () => {
    const hello = { name: "probe", pid: 7, version: "1.0", id: "old", token: "secret" };
    const pair = new SessionPair({ client: { hello } });
    pair.settle();
    expect(pair.client.phase).toBe("open");
    expect(pair.server.phase).toBe("open");
    expect(pair.server.delivered).toEqual([["hello", hello]]);
    expect(pair.client.delivered).toEqual([["welcome", welcome]]);
  });

  it("lets the server say nothing before a valid preface", () => {
    const server = new Party("server");
    server.pump();
    for (const character of clientPreface.slice(0, -1)) {
      server.feed(character);
      expect(server.take()).toBe("");
    }
    server.feed("\n");
    expect(server.take()).toMatch(/^\{"ipc":\[1\],"role":"server".*\}\n$/);
    expect(server.phase).toBe("hello");
  });

  it("lets the client's hello leave with its preface, in one write", () => {
    const client = new Party("client", { hello: { name: "probe" } });
    client.pump();
    expect(client.written).toHaveLength(1);
    expect(client.take()).toMatch(/^\{"ipc":.*\}\n\{"hello":\{"name":"probe"\}\}\n$/);
    expect(client.phase).toBe("preface");
    client.feed(serverPreface);
    expect(client.phase).toBe("welcome");
  });

  it("lets the server's welcome leave with its preface, in one write", () => {
    const server = new Party("server");
    server.feed(clientPreface + helloLine);
    expect(server.written).toHaveLength(1);
    expect(server.take()).toContain(`}\n${welcomeLine}`);
  });

  it("says an empty name for a client without a hello", () => {
    const client = new Party("client");
    client.pump();
    expect(client.take()).toContain(`{"hello":{"name":""}}\n`);
  });

  it("waits for the application to accept", () => {
    const server = new Party("server", { accepts: false });
    server.feed(clientPreface + helloLine);
    server.take();
    expect(server.phase).toBe("accepting");
    expect(server.deadline).toBe(Infinity);
    expect(server.delivered).toEqual([["hello", { name: "probe" }]]);
    expect(server.take()).toBe("");
    server.session.accept(welcome, 0);
    server.session.accept(welcome, 0);
    server.pump();
    expect(server.take()).toBe(welcomeLine);
  });

  it("refuses options that cannot work", () => {
    expect(() => new Party("client", { limits: { closeTimeout: -1 } })).toThrow("closeTimeout");
    expect(() => new Party("client", { hello: { name: "x".repeat(257) } })).toThrow(
      "The name takes 257 bytes of UTF-8",
    );
  });
});

describe("a refusal", () => {
  it.each([
    [`{"ipc":[2],"role":"client","mode":"plain"}\n`, "IPC_VERSION_MISMATCH", "violation"],
    [
      `{"ipc":[1],"role":"client","mode":"secure"}\n`,
      "IPC_PEER_REQUIRES_PASSWORD",
      "authentication",
    ],
    [
      `{"ipc":[1],"role":"client","mode":"plain","limits":{"message":5}}\n`,
      "IPC_LIMITS_TOO_LOW",
      "violation",
    ],
    ["GET / HTTP/1.1\r\n", "IPC_NOT_IPC", "violation"],
  ])("answers %s with one line", (line, code, reason) => {
    const server = new Party("server");
    server.feed(line);
    expect(server.take()).toBe(errorBye(code));
    expect(server.phase).toBe("closing");
    server.feed("more");
    server.disconnect();
    expect(server.delivered).toHaveLength(1);
    expect(server.end).toMatchObject({ reason, error: { code }, byPeer: false });
  });

  it("of the server is heard by the client, and not answered", () => {
    const client = new Party("client");
    client.pump();
    client.take();
    client.feed(errorBye("IPC_PEER_IS_PLAINTEXT"));
    client.disconnect();
    expect(client.take()).toBe("");
    expect(client.end).toMatchObject({
      reason: "authentication",
      byPeer: true,
      error: { code: "IPC_PEER_REQUIRES_PASSWORD" },
    });
  });

  it("may come in the place of the welcome", () => {
    const client = new Party("client");
    client.feed(`${serverPreface}${errorBye("IPC_INVALID_MESSAGE")}`);
    client.disconnect();
    expect(client.end).toMatchObject({
      reason: "violation",
      byPeer: true,
      error: { code: "IPC_REFUSED", context: { refusal: "IPC_INVALID_MESSAGE" } },
    });
  });
});

describe("a server that turns a client away", () => {
  it("says a message for people, and a code and data for programs, once", () => {
    const pair = new SessionPair();
    const refusal = { code: "FULL", data: { until: "noon" } };
    const { client, server } = pair;
    server.feed(clientPreface + helloLine);
    server.pump();
    server.close("kicked", "no place", refusal);
    server.close("kicked", "again");
    expect(server.phase).toBe("closing");
    server.pump();
    client.feed(server.take());
    client.disconnect();
    expect(client.end).toMatchObject({
      reason: "kicked",
      message: "no place",
      refusal,
      byPeer: true,
    });
  });

  it.each([
    [`{"code":5,"data":1}`, { data: 1 }],
    [`{"code":"${"x".repeat(300)}"}`, { code: "x".repeat(256) }],
  ])("is taken at its word where that can be: %s", (members, refusal) => {
    const client = new Party("client");
    client.feed(serverPreface);
    client.feed(`{"bye":{"reason":"kicked",${members.slice(1)}}\n`);
    client.disconnect();
    expect(client.end).toMatchObject({ refusal });
  });

  it("breaks the protocol with data of more than 128 levels", () => {
    const client = new Party("client");
    client.feed(serverPreface);
    client.feed(`{"bye":{"reason":"kicked","data":${"[".repeat(129)}${"]".repeat(129)}}}\n`);
    client.disconnect();
    expect(client.end).toMatchObject({ error: { code: "IPC_TOO_DEEP" } });
  });
});

describe("a server that refuses", () => {
  it("tells the client why, once", () => {
    const server = new Party("server", { accepts: false });
    server.feed(clientPreface + helloLine);
    server.take();
    const error = new ProtocolError("IPC_TOO_MANY_HANDSHAKES", "peer", "Too many.");
    server.refuse(error);
    server.refuse(error);
    expect(server.take()).toBe(errorBye("IPC_TOO_MANY_HANDSHAKES"));
    server.disconnect();
    expect(server.end).toEqual({ reason: "unavailable", error, byPeer: false });
  });
});

describe("a user's ping", () => {
  it("brings its time back", () => {
    const pair = new SessionPair();
    pair.settle();
    expect(pair.client.session.ping(17)).toBe(true);
    expect(pair.client.session.ping(18)).toBe(true);
    pair.settle();
    expect(pair.client.events).toEqual([
      ["user-pong", { time: 17 }],
      ["user-pong", { time: 18 }],
    ]);
    expect(pair.server.events).toEqual([]);
  });

  it("is refused on a session that is not open and beyond 1,024 on their way", () => {
    const closed = openClient();
    closed.close("requested");
    expect(closed.session.ping(1)).toBe(false);
    const { session } = openClient();
    const answers = Array.from({ length: 1025 }, () => session.ping(1));
    expect(answers.indexOf(false)).toBe(1024);
  });

  it("has a whole number of at least 1 for its time", () => {
    for (const time of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => openClient().session.ping(time)).toThrow(
        expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
      );
    }
  });
});

describe("what a sink does while it is called", () => {
  it("may emit, and the events go with the next write", () => {
    const server = openServer();
    server.onDelivery = ([kind, name]): void => {
      if (kind === "event") server.session.emit(`re:${name}`, 1);
    };
    server.feed(`["a"]\n["b"]\n`);
    expect(server.take()).toBe(`["re:a",1]\n["re:b",1]\n`);
  });

  it("may close, and nothing more of the batch is delivered", () => {
    const server = openServer();
    server.onDelivery = ([, name]): void => {
      if (name === "stop") server.session.close({ reason: "kicked" }, 0);
    };
    server.feed(`["a"]\n["stop"]\n["b"]\n`);
    expect(server.events.map(([name]) => name)).toEqual(["a", "stop"]);
    expect(server.take()).toBe(`{"bye":{"reason":"kicked"}}\n`);
  });

  it("may call deliver, which does nothing then", () => {
    const server = openServer();
    server.onDelivery = (): void => server.session.deliver(server);
    server.feed(`["a"]\n["b"]\n`);
    expect(server.events.map(([name]) => name)).toEqual(["a", "b"]);
  });

  it("may throw, and the next call goes on behind it", () => {
    const server = openServer();
    server.onDelivery = ([, name]): void => {
      if (name === "bad") throw new Error("listener");
    };
    expect(() => server.feed(`["a"]\n["bad"]\n["b"]\n`)).toThrow("listener");
    server.pump();
    expect(server.events.map(([name]) => name)).toEqual(["a", "bad", "b"]);
  });

  it("may refuse the client instead of accepting it", () => {
    const server = new Party("server", { accepts: false });
    server.onDelivery = (): void =>
      server.session.close({ reason: "server-closing", message: "later" }, 0);
    server.feed(clientPreface + helloLine);
    expect(server.take()).toContain(`{"bye":{"reason":"server-closing","message":"later"}}\n`);
    server.disconnect();
    expect(server.events).toEqual([]);
    expect(server.end?.reason).toBe("server-closing");
  });
});
