import { type EventEmitter, getEventListeners, once, setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { catchProcessEvents } from "./catch-process-events.ts";
import { TestPlace } from "./test-place.ts";

const many = Array.from({ length: 12 });

describe("Node's warning of a leak of listeners", () => {
  it("does not come when many producers wait for drain, with once or with node:events", async () => {
    const place = new TestPlace();
    const warnings = catchProcessEvents(place, "warning");
    const server = await place.serve({ highWaterMark: 0 });
    const { socket } = await place.pair(server, { highWaterMark: 0 });
    const produce = async (wait: () => Promise<unknown>): Promise<void> => {
      for (let n = 0; n < 3; n++) if (!socket.emit("line", n)) await wait();
    };
    await Promise.all(
      many.map(() => produce(() => new Promise((resolve) => socket.once("drain", resolve)))),
    );
    await Promise.all(
      many.map(() => produce(() => once(socket as unknown as EventEmitter, "drain"))),
    );
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    expect(socket.listenerCount("drain") + socket.listenerCount("error")).toBe(0);
  });

  it("does not come when many calls, waits and listeners have one signal, which has none afterwards", async () => {
    const place = new TestPlace();
    const warnings = catchProcessEvents(place, "warning");
    const server = await place.serve();
    const { client, socket, remote } = await place.pair(server);
    let answer: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    server.handle("slow", () => answered);
    socket.handle("slow", () => answered);
    client.handle("slow", () => answered);
    const controller = new AbortController();
    const { signal } = controller;
    const away = place.client({ reconnect: true, name: "away" });
    const calls = many.flatMap(() => [
      socket.invoke("slow", 1, { signal }),
      remote.invoke("slow", 1, { signal }),
      socket.flush({ signal }),
      server.everyone.invokeAll("slow", 1, { signal }),
      away.connect({ signal }),
    ]);
    const events = many.map((_, n) => `tick ${n}`);
    for (const event of events) socket.on(event, () => undefined, { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await new Promise(setImmediate);
    answer?.();
    await Promise.all(calls);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(events.map((event) => socket.listenerCount(event))).toEqual(events.map(() => 0));
    expect(warnings).toEqual([]);
  });

  it("comes for a socket's listeners of one event that are more than its limit", async () => {
    const place = new TestPlace();
    const warnings = catchProcessEvents(place, "warning");
    const { socket } = await place.pair(await place.serve());
    expect(socket.getMaxListeners()).toBe(10);
    expect(socket.setMaxListeners(12).getMaxListeners()).toBe(12);
    for (const _ of many) socket.on("x", () => undefined);
    for (const _ of many) socket.onAny(() => undefined);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    setMaxListeners(20, socket as unknown as EventEmitter);
    for (let n = 12; n < 21; n++) socket.on("x", () => undefined);
    await new Promise(setImmediate);
    expect(warnings).toMatchObject([{ name: "MaxListenersExceededWarning", count: 21 }]);
    expect(socket.getMaxListeners()).toBe(20);
  });
});
