import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Connection, Listener } from "../src/transport.ts";
import { type Carrier, type Connected, connectOnce, disconnect } from "./connected.ts";
import { testListening } from "./listener-contract.ts";
import { record, Recorder } from "./recorder.ts";

/** The tests that every carrier of the `Transport` and `Connection` contracts passes. */
export function testContract(title: string, createCarrier: () => Carrier): void {
  testListening(title, createCarrier);

  describe(`given ${title}, one connection`, () => {
    let carrier: Carrier;
    let connected: Connected;
    let listener: Listener;
    let client: Connection;
    let server: Connection;

    beforeEach(async () => {
      carrier = createCarrier();
      connected = await connectOnce(carrier);
      ({ listener, client, server } = connected);
    });

    afterEach(async () => {
      await disconnect(connected, carrier);
      expect(connected.acceptor.errors).toEqual([]);
    });

    test("carries bytes and text both ways, in order", async () => {
      const [atClient, atServer] = [record(client), record(server)];
      client.send("häl");
      client.send(Buffer.from("lo"));
      server.send("welcome");
      await atServer.until(() => atServer.byteCount === 6);
      await atClient.until(() => atClient.byteCount === 7);
      expect(atServer.text).toBe("hällo");
      expect(atClient.text).toBe("welcome");
    });

    test("carries several chunks as one", async () => {
      const atServer = record(server);
      client.sendAll([Buffer.from("a"), Buffer.from("b"), Buffer.from("c")]);
      client.close();
      await atServer.untilClosed();
      expect(atServer.text).toBe("abc");
    });

    test("says what it reaches", () => {
      expect(client.address).toBe(listener.address);
      expect(server.address).toBe(listener.address);
    });

    test("hands nothing over before a handler is attached", async () => {
      client.send("early");
      await nextTurn();
      await nextTurn();
      const atServer = record(server);
      expect(atServer.chunks).toEqual([]);
      await atServer.until(() => atServer.byteCount === 5);
      expect(atServer.text).toBe("early");
    });

    test("takes one handler only", () => {
      client.attach(new Recorder());
      expect(() => client.attach(new Recorder())).toThrow("has a handler already");
    });

    test("lets everything sent arrive before a close", async () => {
      const atServer = record(server);
      client.attach(new Recorder());
      client.send(Buffer.alloc(219_263, 7));
      client.close();
      await atServer.untilClosed();
      expect(atServer.byteCount).toBe(219_263);
      expect(atServer.error).toBeUndefined();
    });

    test("lets everything sent arrive before a close while the peer sends as well", async () => {
      const [atClient, atServer] = [record(client), record(server)];
      server.send(Buffer.alloc(1_000_000));
      client.send(Buffer.alloc(219_263));
      client.close();
      await atServer.untilClosed();
      await atClient.untilClosed();
      expect(atServer.byteCount).toBe(219_263);
      expect([atServer.error, atClient.error]).toEqual([undefined, undefined]);
    });

    test("ends both sides, each told once, when one closes twice", async () => {
      const [atClient, atServer] = [record(client), record(server)];
      client.close();
      client.close();
      await atServer.untilClosed();
      await atClient.untilClosed();
      client.close();
      client.abort();
      await nextTurn();
      expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
      expect([client.open, server.open]).toEqual([false, false]);
    });

    test("tells each side once when one closes and then aborts", async () => {
      const [atClient, atServer] = [record(client), record(server)];
      server.close();
      await atClient.untilClosed();
      server.abort();
      await atServer.untilClosed();
      await nextTurn();
      await nextTurn();
      expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
    });

    test("drops and answers false to what is sent after a close", async () => {
      const atServer = record(server);
      client.attach(new Recorder());
      expect(client.open).toBe(true);
      client.close();
      expect(client.open).toBe(false);
      expect(client.send("late")).toBe(false);
      expect(client.sendAll([Buffer.from("late")])).toBe(false);
      await atServer.untilClosed();
      expect(atServer.text).toBe("");
    });

    test("hands nothing over after an own close", async () => {
      const atClient = record(client);
      record(server);
      server.send("too late for you");
      client.close();
      await atClient.untilClosed();
      expect(atClient.text).toBe("");
    });

    test("discards what is queued at an abort, and tells its own handler the error", async () => {
      const [atClient, atServer] = [record(client), record(server)];
      const reason = new Error("enough");
      client.send(Buffer.alloc(20_000_000));
      client.abort(reason);
      await atClient.untilClosed();
      await atServer.untilClosed();
      expect(atClient.error).toBe(reason);
      expect(atServer.byteCount).toBeLessThan(20_000_000);
      expect([atClient.closes, atServer.closes]).toEqual([1, 1]);
    });

    test("hands over what was sent in the moment of an abort", async () => {
      const atClient = record(client);
      server.attach(new Recorder());
      server.send("refused");
      server.abort();
      await atClient.untilClosed();
      expect(atClient.text).toBe("refused");
    });

    test("tells the peer of a reset when its bytes were left unread", async () => {
      const atServer = record(server);
      server.send("never read");
      await nextTurn();
      await nextTurn();
      client.abort();
      await atServer.untilClosed();
      expect(atServer.error).toMatchObject({ code: "ECONNRESET" });
      expect(atServer.error?.message).toContain("ended without reading");
    });

    test("tells a handler that comes late that the connection is over", async () => {
      client.abort(new Error("gone"));
      await record(server).untilClosed();
      await nextTurn();
      const late = record(client);
      expect(late.closes).toBe(0);
      await late.untilClosed();
      expect(late.error?.message).toBe("gone");
    });

    test("answers false at the high-water mark and says when to go on", async () => {
      const atClient = record(client);
      expect(client.send("small")).toBe(true);
      while (client.send(Buffer.alloc(65_536))) expect(client.bufferedBytes).toBeLessThan(65_536);
      expect(client.bufferedBytes).toBeGreaterThanOrEqual(65_536);
      expect(atClient.drains).toBe(0);
      record(server);
      await atClient.until(() => atClient.drains === 1);
      expect(client.bufferedBytes).toBe(0);
      expect(client.send("small")).toBe(true);
    });

    test("counts queued text in bytes", () => {
      while (client.send(Buffer.alloc(65_536)));
      const before = client.bufferedBytes;
      client.send("hä");
      expect(client.bufferedBytes).toBe(before + 3);
    });

    test("holds the sender back while the receiver pauses, and loses nothing", async () => {
      const [atClient, atServer] = [record(client), record(server)];
      server.pause();
      let sent = 0;
      do sent += 65_536;
      while (client.send(Buffer.alloc(65_536)) && sent < 100_000_000);
      await nextTurn();
      await nextTurn();
      expect(atServer.byteCount).toBe(0);
      expect(sent).toBeLessThan(100_000_000);
      server.resume();
      await atClient.until(() => atClient.drains === 1);
      await atServer.until(() => atServer.byteCount === sent);
    });

    test.each(["dialled", "accepted"])("%s, hands nothing over while it pauses", async (end) => {
      const [one, other] = end === "dialled" ? [client, server] : [server, client];
      const heard = record(one);
      one.pause();
      record(other);
      other.send("early");
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      expect(heard.chunks).toEqual([]);
      one.resume();
      await heard.until(() => heard.text === "early");
      one.pause();
      other.send(" and late");
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      expect(heard.text).toBe("early");
      one.resume();
      await heard.until(() => heard.text === "early and late");
    });

    test("gives its handler each chunk for as long as it runs, to write into as well", async () => {
      const heard: string[] = [];
      const closed = new Promise<void>((resolve) => {
        client.attach({
          handleChunk(chunk) {
            heard.push(Buffer.from(chunk).toString());
            chunk.fill(0);
          },
          handleDrain() {},
          handleClose: () => resolve(),
        });
      });
      record(server);
      const bytes = Buffer.from("mine");
      server.send(bytes);
      server.close();
      await closed;
      expect(heard.join("")).toBe("mine");
      expect(bytes.toString()).toBe("mine");
    });

    test("holds and frees the process", () => {
      for (const held of [client, server, listener]) {
        held.unref();
        held.ref();
      }
      expect(client.open).toBe(true);
    });
  });
}
