import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { errorOf } from "./error-of.ts";
import { Gate } from "./gate.ts";
import { hear, hearAll } from "./hear.ts";
import { relayScene } from "./relay-scene.ts";

describe("what does not arrive", () => {
  it("for an id that no client has is told", async () => {
    const { ada } = await relayScene();
    const reports = hearAll(ada.client, "error", 1);
    const recipient = ada.client.to("nobody");
    expect(recipient.emit("news", 1)).toBe(true);
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_UNKNOWN_CLIENT");
    expect((await reports)[0]?.[0]).toMatchObject({
      code: "IPC_UNKNOWN_CLIENT",
      message: `The event "news" did not reach the client "nobody": no such client is connected.`,
    });
  });

  it("has no handler, is refused by a validator, or cannot be sent back: the caller is told", async () => {
    const never = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => ({ issues: [{ message: "never" }] }),
      },
    } as const;
    const { place, server, ada } = await relayScene();
    const bob = await place.pair(server, { name: "Bob", schemas: { checked: never } });
    bob.socket.handle("checked", () => 1);
    bob.socket.handle("circle", () => 1n);
    const recipient = ada.client.to(bob.socket.id);
    expect(await errorOf(recipient.invoke("nothing"))).toMatchObject({
      code: "IPC_NO_HANDLER",
      message: `The peer has no handler for the call: "nothing".`,
    });
    expect(await errorOf(recipient.invoke("checked"))).toMatchObject({
      code: "IPC_INVALID_DATA",
      message: "The validator of the peer refused the data of the call; see its cause.",
      cause: { message: '"checked": never' },
    });
    expect(await codeOf(recipient.invoke("circle"))).toBe("IPC_NOT_ENCODABLE");
  });

  it("because the other goes in the middle of a call, or while the hook is asked, is told", async () => {
    const gate = new Gate();
    const decisions: ((answer: boolean) => void)[] = [];
    const { server, ada, bob } = await relayScene((_from, _to, event) =>
      event === "later" ? new Promise((resolve) => decisions.push(resolve)) : true,
    );
    bob.socket.handle("wait", gate.handler);
    const recipient = ada.client.to(bob.socket.id);
    const asked = errorOf(recipient.invoke("wait"));
    await gate.holds(1);
    const reports = hearAll(ada.client, "error", 1);
    recipient.emit("later");
    while (decisions.length < 1) await turn();
    const gone = hear(server, "disconnected");
    await Promise.all([gone, bob.client.disconnect("enough", { timeout: 500 })]);
    gate.open();
    expect(await asked).toMatchObject({
      code: "IPC_CALL_LOST",
      context: { outcome: "unknown" },
    });
    for (const decide of decisions) decide(true);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_UNKNOWN_CLIENT" });
  });

  it("is given up by its signal or its time, and so is it at the other client", async () => {
    const gate = new Gate();
    const { ada, bob } = await relayScene();
    bob.socket.handle("wait", gate.handler);
    const recipient = ada.client.to(bob.socket.id);
    const controller = new AbortController();
    const asked = recipient.invoke("wait", 1, { signal: controller.signal });
    await gate.holds(1);
    controller.abort(new Error("enough"));
    expect(await errorOf(asked)).toMatchObject({
      code: "IPC_CALL_CANCELLED",
      cause: new Error("enough"),
    });
    await gate.aborted(1);
    expect(await codeOf(recipient.invoke("wait", 2, { timeout: 20 }))).toBe("IPC_CALL_TIMEOUT");
    await gate.aborted(2);
    expect(await codeOf(recipient.invoke("wait", 3, { timeout: -1 }))).toBe("IPC_INVALID_OPTION");
    gate.open();
    while (ada.remote.stats().pendingCalls + bob.remote.stats().pendingCalls > 0) await turn();
  });

  it("is no longer passed on when it is given up while the hook is asked", async () => {
    const decisions: ((answer: boolean) => void)[] = [];
    const { ada, bob } = await relayScene(() => new Promise((resolve) => decisions.push(resolve)));
    const called: unknown[] = [];
    bob.socket.handle("ask", (data) => called.push(data));
    const recipient = ada.client.to(bob.socket.id);
    const controller = new AbortController();
    const asked = recipient.invoke("ask", 1, { signal: controller.signal });
    while (decisions.length < 1) await turn();
    controller.abort();
    expect(await codeOf(asked)).toBe("IPC_CALL_CANCELLED");
    const second = recipient.invoke("ask", 2);
    while (decisions.length < 2) await turn();
    for (const decide of decisions) decide(true);
    await second;
    expect(called).toEqual([2]);
    expect(ada.remote.stats().pendingCalls).toBe(0);
  });

  it("gives the other's work up when the sender goes", async () => {
    const gate = new Gate();
    const { ada, bob } = await relayScene();
    bob.socket.handle("wait", gate.handler);
    const asked = errorOf(ada.client.to(bob.socket.id).invoke("wait"));
    await gate.holds(1);
    await ada.client.disconnect();
    expect(await asked).toMatchObject({ code: "IPC_CALL_LOST" });
    await gate.aborted(1);
    gate.open();
  });

  it("because there is no session, or the id is none, or the name is the library's own", async () => {
    const { place, ada, bob } = await relayScene();
    const client = place.client();
    const reports = hearAll(client, "error", 1);
    const recipient = client.to(bob.socket.id);
    expect(recipient.emit("news", 1)).toBe(false);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_CLOSED" });
    expect(await codeOf(recipient.invoke("ask"))).toBe("IPC_CLOSED");
    for (const id of [undefined, 5, "x".repeat(257)]) {
      expect(() => client.to(id as string)).toThrow(
        expect.objectContaining({ code: "IPC_INVALID_OPTION" }),
      );
    }
    for (const one of [recipient, ada.client.to(bob.socket.id)]) {
      const refusal = expect.objectContaining({ code: "IPC_RESERVED_EVENT" }) as Error;
      expect(() => one.emit("error", 1)).toThrow(refusal);
      expect(await codeOf(one.invoke("ipc:to"))).toBe("IPC_RESERVED_EVENT");
    }
    expect(() => ada.client.to(bob.socket.id).emit("x", 1n)).toThrow(/cannot be encoded/);
  });
});
