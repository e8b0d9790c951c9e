import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type CryptoError, type IPCServer, ProtocolError, type SessionEnd } from "../src/index.ts";
import { errorOf } from "./error-of.ts";
import { Gate } from "./gate.ts";
import { hear } from "./hear.ts";
import { hello, preface, prefaceWith } from "./raw-peer.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

/** All errors that a server tells of. */
function errorsOf(server: IPCServer): ProtocolError[] {
  const errors: ProtocolError[] = [];
  server.on("error", (error) => errors.push(error as ProtocolError));
  return errors;
}

/** The preface of a client that counts what it hears. */
const counting = prefaceWith("recovery");

describe("the end of a process without a goodbye", () => {
  it.each([{}, { password: "secret" }])(
    "is told by disconnected on the other side, and is no error: %j",
    async (options) => {
      const place = new TestPlace();
      const server = await place.serve(options);
      const errors = errorsOf(server);
      const { client, remote } = await place.pair(server, options);
      client.on("error", (error) => errors.push(error as ProtocolError));
      const over = hear(remote, "disconnect");
      // The bytes of the process arrive, and then its connection ends.
      await server.stop();
      await over;
      await server.start();
      if (options.password === undefined) {
        const { peer } = await place.rawPair(server);
        const ended = hear(server, "disconnect");
        peer.socket.end();
        await ended;
      }
      expect(errors).toEqual([]);
    },
  );

  it("is no error of a client whose server has gone", async () => {
    const place = new TestPlace();
    const peers = await serveRaw(place, (peer) => void peer.say(welcome));
    const client = place.client();
    const errors: unknown[] = [];
    client.on("error", (error) => errors.push(error));
    await client.connect();
    const over = new Promise<SessionEnd>((resolve) => {
      client.on("disconnected", (_, end) => resolve(end));
    });
    await turn();
    for (const peer of peers) peer.socket.end();
    expect(await over).toMatchObject({ reason: "peer-gone", error: { code: "IPC_PEER_GONE" } });
    await turn();
    expect(errors).toEqual([]);
  });

  it("is an error when something that was emitted is lost by it", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const errors = errorsOf(server);
    const { peer } = await place.rawPair(server, counting);
    server.broadcastAll("news", 1);
    await peer.hears('["news",1]');
    const over = hear(server, "disconnected");
    peer.socket.end();
    await over;
    await turn();
    expect(errors).toMatchObject([{ code: "IPC_PEER_GONE" }]);
  });

  it("is an error when the connection was reset", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const errors = errorsOf(server);
    const peer = await place.rawPeer(server);
    const connected = hear(server, "connected");
    peer.socket.pause();
    peer.say(preface + hello);
    await connected;
    // Unread bytes make the difference between an end and a reset.
    const over = hear(server, "disconnected");
    peer.destroy();
    await over;
    await turn();
    expect(errors).toMatchObject([{ code: "IPC_PEER_GONE", cause: { code: "ECONNRESET" } }]);
  });
});

describe("blame", () => {
  it("is this side's for what its own goodbye cut short", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Gate();
    server.handle("wait", gate.handler);
    const { client, socket } = await place.pair(server);
    const asked = errorOf(socket.invoke("wait"));
    await gate.holds(1);
    await client.disconnect();
    expect(await asked).toMatchObject({
      code: "IPC_CALL_LOST",
      blame: "caller",
      message: expect.stringContaining("This side closed the session before") as string,
    });
    gate.open();
  });

  it("is the peer's for what the peer's goodbye cut short", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Gate();
    const { client, socket, remote } = await place.pair(server);
    socket.handle("wait", gate.handler);
    const asked = errorOf(remote.invoke("wait"));
    await gate.holds(1);
    await client.disconnect("enough", { timeout: 500 });
    expect(await asked).toMatchObject({ code: "IPC_CALL_LOST", blame: "peer" });
    gate.open();
  });

  it("of a wrong password is a wrong password, and not a record that was altered", async () => {
    const place = new TestPlace();
    const server = await place.serve({ password: "right" });
    const told = hear(server, "error");
    const refused = await errorOf(place.client({ password: "wrong" }).connect());
    for (const error of [refused, await told] as CryptoError[]) {
      expect(error).toMatchObject({ code: "IPC_AUTHENTICATION_FAILED" });
      expect(error.message).toMatch(/the passwords or the realms of the two sides differ/);
      expect(error.cause).toBeUndefined();
    }
  });

  it("of a connect that waited too long names the endpoint, and has the last failure as its cause", async () => {
    const place = new TestPlace();
    const client = place.client({ reconnect: true, reconnectInterval: 1 });
    client.on("error", () => undefined);
    expect(await errorOf(client.connect({ timeout: 500 }))).toMatchObject({
      code: "IPC_CONNECT_TIMEOUT",
      message: expect.stringMatching(
        /^connect\(\) to "meet" waited 500 ms.* The last attempt failed: Cannot dial /,
      ) as string,
      cause: { code: "ENOENT" },
    });
  });
});

describe("what a peer says", () => {
  it("is quoted and cut in errors, and can write no line and no colour of its own", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { peer } = await place.rawPair(server, counting);
    const told = hear(server, "error");
    const name = `ipc:\n2026-01-01 INFO admin logged in \u001b[31m${"x".repeat(5_000)}`;
    peer.say(`${JSON.stringify([name])}\n`);
    const { message } = (await told) as Error;
    expect(message).toContain(String.raw`"ipc:\n2026-01-01 INFO admin logged in \u001b[31m`);
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(300);
  });

  it("raises two errors of a kind within a second, however often it is said", async () => {
    const place = new TestPlace();
    const server = await place.serve({ closeTimeout: 500 });
    const errors = errorsOf(server);
    server.handle("done", () => undefined);
    const { peer } = await place.rawPair(server, counting);
    peer.say('["error"]\n'.repeat(5_000));
    peer.say('[1,"done"]\n');
    await peer.hears('"reply"');
    await server.stop();
    const counts = errors.map(({ context }) => Number(context["count"] ?? 1));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_000);
    // Two for each second that the machine took.
    expect(errors.length).toBeLessThan(50);
  });
});

describe("a reply that cannot be sent", () => {
  it("is a fault of the side that handles the call: both hear of it", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.handle("count", () => 1n);
    const { socket } = await place.pair(server);
    const told = hear(server, "error");
    expect(await errorOf(socket.invoke("count"))).toMatchObject({ code: "IPC_NOT_ENCODABLE" });
    await expect(told).resolves.toMatchObject({ code: "IPC_NOT_ENCODABLE", blame: "caller" });
  });
});
