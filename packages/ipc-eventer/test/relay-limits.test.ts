import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { errorOf } from "./error-of.ts";
import { Gate } from "./gate.ts";
import { hearAll } from "./hear.ts";
import { type Hook, relayScene } from "./relay-scene.ts";

describe("limits", () => {
  it("of the other client hold: what is too large for it is told", async () => {
    const { place, server, ada } = await relayScene();
    const small = await place.pair(server, { maxMessageBytes: 20_000, maxAttachments: 1 });
    const recipient = ada.client.to(small.socket.id);
    const reports = hearAll(ada.client, "error", 2);
    const binaries = [Buffer.alloc(1), Buffer.alloc(1)];
    recipient.emit("news", "x".repeat(30_000));
    recipient.emit("news", binaries);
    expect((await reports).map(([error]) => (error as { code: string }).code)).toEqual([
      "IPC_MESSAGE_TOO_LARGE",
      "IPC_TOO_MANY_ATTACHMENTS",
    ]);
    expect(await codeOf(recipient.invoke("ask", "x".repeat(30_000)))).toBe("IPC_MESSAGE_TOO_LARGE");
    expect(await codeOf(recipient.invoke("ask", binaries))).toBe("IPC_TOO_MANY_ATTACHMENTS");
    expect([small.socket.connected, ada.socket.connected]).toEqual([true, true]);
  });

  it("of the sender hold for what waits for the hook: messages and bytes", async () => {
    const decisions: ((answer: boolean) => void)[] = [];
    const hook: Hook = () => new Promise((resolve) => decisions.push(resolve));
    const few = await relayScene(hook, { maxCalls: 2 });
    let recipient = few.ada.client.to(few.bob.socket.id);
    let reports = hearAll(few.ada.client, "error", 1);
    const heard = hearAll(few.bob.socket, "news", 2);
    for (const data of [1, 2, 3]) recipient.emit("news", data);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(await errorOf(recipient.invoke("ask"))).toMatchObject({
      code: "IPC_QUEUE_FULL",
      context: { messages: 2 },
    });
    for (const decide of decisions.splice(0)) decide(true);
    expect((await heard).map(([data]) => data)).toEqual([1, 2]);

    const small = await relayScene(hook, { maxQueuedBytes: 1_000 });
    recipient = small.ada.client.to(small.bob.socket.id);
    reports = hearAll(small.ada.client, "error", 1);
    recipient.emit("news", "x".repeat(1_000));
    recipient.emit("news", 2);
    expect((await reports)[0]?.[0]).toMatchObject({ code: "IPC_QUEUE_FULL" });
    expect(decisions).toHaveLength(1);
    for (const decide of decisions) decide(true);
  });

  it("of calls hold for the sender, whichever client they are for", async () => {
    const gate = new Gate();
    const { place, server, ada, bob } = await relayScene(() => true, { maxCalls: 2 });
    const eve = await place.pair(server, { name: "Eve" });
    for (const { socket } of [bob, eve]) socket.handle("wait", gate.handler);
    const calls = [bob, eve].map(({ socket }) => ada.client.to(socket.id).invoke("wait"));
    await gate.holds(2);
    expect(await codeOf(ada.socket.invoke("x"))).toBe("IPC_TOO_MANY_CALLS");
    gate.open();
    await Promise.all(calls);
  });

  it("leave the server half of the calls of each client, and the places are given back", async () => {
    const gate = new Gate();
    const { place, server, ada, bob } = await relayScene(() => true, { maxCalls: 4 });
    const eve = await place.pair(server, { name: "Eve" });
    bob.socket.handle("wait", gate.handler);
    const calls = [ada, eve].map(({ client }) => client.to(bob.socket.id).invoke("wait"));
    await gate.holds(2);
    expect(await codeOf(eve.client.to(bob.socket.id).invoke("wait"))).toBe("IPC_TOO_MANY_CALLS");
    const own = [bob.remote.invoke("wait"), bob.remote.invoke("wait")];
    await gate.holds(4);
    gate.open();
    await Promise.all([...calls, ...own]);
    bob.socket.handle("quick", () => "done");
    const again = [1, 2].map(() => ada.client.to(bob.socket.id).invoke("quick"));
    expect(await Promise.all(again)).toEqual(["done", "done"]);
  });
});
