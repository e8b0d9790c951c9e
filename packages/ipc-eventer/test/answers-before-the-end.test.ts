import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { faultyPair } from "./faulty-pair.ts";
import { Gate } from "./gate.ts";
import { hear } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

const long = 600_000;

describe("a handler that stops its own server", () => {
  it.each([
    ["plaintext", {}],
    ["encrypted", { password: "open sesame" }],
  ])("answers, %s, and both sides end", async (_, options) => {
    const place = new TestPlace();
    const server = await place.serve(options);
    const { client, socket } = await place.pair(server, options);
    server.handle("stop", () => server.stop({ timeout: long }));
    const gone = hear(client, "disconnected");
    await expect(socket.invoke("stop")).resolves.toBeUndefined();
    await gone;
    await server.stop();
    expect([server.listening, server.sockets]).toEqual([false, []]);
  });

  it.each(["stop", "handOver"] as const)(
    "answers also when it goes on behind %s, and its caller reconnects",
    async (how) => {
      const { server, client, socket } = await faultyPair();
      server.handle("end", async () => {
        await server[how]({ timeout: long });
        return "bye";
      });
      const gone = hear(client, "disconnected");
      await expect(socket.invoke("end")).resolves.toBe("bye");
      await gone;
      await server.stop();
      expect(server.sockets).toEqual([]);
    },
  );

  it("waits for the other calls that run, and they are answered", async () => {
    const { server, client, socket } = await faultyPair();
    const gate = new Gate();
    server.handle("slow", gate.handler);
    server.handle("stop", () => server.stop({ timeout: long }));
    const slow = socket.invoke("slow", "done");
    await gate.holds(1);
    const outcomes: unknown[] = [];
    void slow.then((reply) => outcomes.push(reply));
    const stopped = socket.invoke("stop").then(() => outcomes.push("stopped"));
    await expect(socket.invoke("late")).rejects.toMatchObject({ code: "IPC_PEER_CLOSING" });
    expect(outcomes).toEqual([]);
    const gone = hear(client, "disconnected");
    gate.open();
    await Promise.all([stopped, gone]);
    expect(outcomes).toEqual(["done", "stopped"]);
  });

  it("answers when the time of the other calls is over, which are lost", async () => {
    const { server, socket } = await faultyPair();
    const gate = new Gate();
    server.handle("never", gate.handler);
    server.handle("stop", () => server.stop({ timeout: 20 }));
    const never = socket.invoke("never").catch((error: unknown) => error);
    await gate.holds(1);
    await expect(socket.invoke("stop")).resolves.toBeUndefined();
    await gate.aborted(1);
    await server.stop();
    await expect(never).resolves.toMatchObject({
      code: "IPC_CALL_LOST",
      context: { outcome: "unknown" },
    });
  });
});

describe("a server that stops while handlers run", () => {
  it("lets them answer, in every session, and takes no new calls", async () => {
    const { server, client, socket, remote } = await faultyPair();
    const gate = new Gate();
    server.handle("slow", gate.handler);
    client.handle("ask", () => "answered");
    const slow = socket.invoke("slow", "done");
    await gate.holds(1);
    const stopped = server.stop({ timeout: long });
    await expect(socket.invoke("late")).rejects.toMatchObject({ code: "IPC_PEER_CLOSING" });
    // Handlers that run may still call and emit.
    await expect(remote.invoke("ask")).resolves.toBe("answered");
    const told = hear(socket, "progress");
    remote.emit("progress", 1);
    await expect(told).resolves.toBe(1);
    gate.open();
    await expect(slow).resolves.toBe("done");
    await stopped;
    expect(server.sockets).toEqual([]);
  });

  it("does not wait for a caller that has given up, or has gone", async () => {
    const { faults, server, client, socket } = await faultyPair();
    const gate = new Gate();
    server.handle("never", gate.handler);
    const givenUp = new AbortController();
    const cut = codeOf(socket.invoke("never"));
    const first = socket.invoke("never", undefined, { signal: givenUp.signal });
    await gate.holds(2);
    const stopped = server.stop({ timeout: long });
    givenUp.abort();
    await expect(first).rejects.toMatchObject({ code: "IPC_CALL_CANCELLED" });
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await Promise.all([stopped, client.disconnect()]);
    await expect(cut).resolves.toBe("IPC_CALL_LOST");
  });

  it("aborts the signals of those that have not answered in time, and their calls are lost", async () => {
    const { server, socket } = await faultyPair();
    const gate = new Gate();
    server.handle("never", gate.handler);
    const never = socket.invoke("never").catch((error: unknown) => error);
    await gate.holds(1);
    await server.stop({ timeout: 0 });
    expect(gate.signals.map(({ aborted }) => aborted)).toEqual([true]);
    await expect(never).resolves.toMatchObject({
      code: "IPC_CALL_LOST",
      context: { outcome: "unknown" },
    });
  });

  it("takes calls again when it was started again", async () => {
    const { server, client, socket } = await faultyPair();
    const gate = new Gate();
    server.handle("slow", gate.handler);
    const slow = socket.invoke("slow");
    await gate.holds(1);
    const stopped = server.stop();
    gate.open();
    await Promise.all([slow, stopped]);
    const back = hear(client, "connected");
    await server.start();
    await back;
    const again = client.socket?.invoke("slow", 2);
    await gate.holds(2);
    gate.open();
    await expect(again).resolves.toBe(2);
  });

  it.each([-1, Number.NaN, "5"])("refuses a timeout of %o", async (timeout) => {
    const { server, client } = await faultyPair();
    const options = { timeout: timeout as number };
    await expect(server.stop(options)).rejects.toMatchObject({ code: "IPC_INVALID_OPTION" });
    await expect(client.disconnect("", options)).rejects.toMatchObject({
      code: "IPC_INVALID_OPTION",
    });
    expect([server.listening, client.connected]).toEqual([true, true]);
  });
});

describe("a client that disconnects while its handlers run", () => {
  it("lets them answer, and takes no new calls", async () => {
    const { server, client, remote } = await faultyPair();
    const gate = new Gate();
    client.handle("slow", gate.handler);
    const slow = remote.invoke("slow", "done");
    await gate.holds(1);
    const over = client.disconnect("enough", { timeout: long });
    await expect(remote.invoke("late")).rejects.toMatchObject({ code: "IPC_PEER_CLOSING" });
    const gone = hear(server, "disconnected");
    gate.open();
    await expect(slow).resolves.toBe("done");
    await Promise.all([over, gone]);
    expect(client.socket).toBeUndefined();
  });

  it("answers a call whose handler disconnects it", async () => {
    const { server, client, remote } = await faultyPair();
    client.handle("leave", () => client.disconnect("asked to", { timeout: long }));
    const gone = hear(server, "disconnected");
    await expect(remote.invoke("leave")).resolves.toBeUndefined();
    await gone;
    await client.disconnect();
    expect(client.socket).toBeUndefined();
  });

  it("ends at once when its connection breaks meanwhile", async () => {
    const { faults, server, client, remote } = await faultyPair();
    const gate = new Gate();
    client.handle("never", gate.handler);
    const never = codeOf(remote.invoke("never"));
    await gate.holds(1);
    const over = client.disconnect("enough", { timeout: long });
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await over;
    expect(client.socket).toBeUndefined();
    await gate.aborted(1);
    await server.stop();
    await expect(never).resolves.toBe("IPC_CALL_LOST");
  });
});
