import { describe, expect, it } from "vitest";
import { clientPreface, openServer, type Party, type PartyOptions } from "./party.ts";

const features = ["recovery"] as const;
const preface = clientPreface.replace("}\n", `,"features":${JSON.stringify(features)}}\n`);

/** A server whose client has stopped reading. */
function blocked(options: PartyOptions = {}): Party {
  const server = openServer({ features, ...options }, preface);
  server.blocks = true;
  server.session.emit("first", 0);
  server.pump();
  server.take();
  return server;
}

function emit(server: Party, event: string, options: object): boolean {
  return server.session.emitWith(event, 0, options, server.now);
}

describe("an event with a time", () => {
  it("is dropped and reported when it has not left by then", () => {
    const server = blocked();
    expect(emit(server, "late", { ttl: 100 })).toBe(true);
    emit(server, "later", { ttl: 101 });
    expect(server.deadline).toBe(100);
    server.tick(100);
    expect(server.reports).toEqual(["IPC_EVENT_DROPPED"]);
    server.drain();
    expect(server.take()).toBe(`["later",0]\n`);
  });
});

describe("a volatile event", () => {
  it("leaves now or never", () => {
    const server = blocked();
    expect(emit(server, "never", { volatile: true })).toBe(false);
    server.drain();
    expect(emit(server, "now", { volatile: true })).toBe(true);
    server.pump();
    expect(server.take()).toBe(`["now",0]\n`);
    expect(server.events.map(([name]) => name)).toEqual(["ipc:report", "drain"]);
  });
});

describe("events with a key", () => {
  it("wait as the newest of them", () => {
    const server = blocked();
    for (const event of ["a", "b"]) emit(server, event, { conflate: "k" });
    emit(server, "c", { conflate: "other" });
    server.drain();
    expect(server.take()).toBe(`["b",0]\n["c",0]\n`);
    expect(server.reports).toEqual([]);
  });

  it("find their place in a full queue", () => {
    const server = blocked({ limits: { maxQueuedBytes: 100 }, slowConsumer: "drop-newest" });
    emit(server, "old", { conflate: "k" });
    expect(emit(server, "dropped", { conflate: "another" })).toBe(false);
    expect(emit(server, "new", { conflate: "k" })).toBe(true);
    server.drain();
    expect(server.take()).toBe(`["new",0]\n`);
  });

  it.each(["drop-newest", "disconnect"] as const)(
    "find none if they are larger than the one before, under %s",
    (slowConsumer) => {
      const limits = { maxQueuedBytes: 1_000, maxBurstBytes: 1_000 };
      const server = blocked({ limits, slowConsumer });
      for (const key of ["a", "b", "c", "d", "e", "f", "g", "h", "i"]) {
        emit(server, key, { conflate: key });
      }
      for (const key of ["a", "b", "c"]) {
        expect(server.session.emitWith(key, "x".repeat(2_000), { conflate: key }, 0)).toBe(false);
      }
      expect(server.session.queuedBytes).toBeLessThan(1_500);
      server.drain();
      expect(server.take().replaceAll("\n", " ")).toContain(`["a",0] ["b",0] ["c",0] ["d",0]`);
      expect(server.reports).toEqual(["IPC_EVENT_DROPPED"]);
    },
  );

  it("take the place of the oldest, under drop-oldest, if they are larger than the one before", () => {
    const server = blocked({ limits: { maxQueuedBytes: 1_000 }, slowConsumer: "drop-oldest" });
    for (const key of ["a", "b", "c", "d", "e", "f", "g", "h"]) {
      emit(server, key, { conflate: key });
    }
    server.session.emitWith("h", "x".repeat(600), { conflate: "h" }, 0);
    expect(server.session.queuedBytes).toBeLessThan(1_100);
    server.drain();
    expect(server.take()).toMatch(/^\["[f-g]",0\]\n.*\["h","x{600}"\]\n$/s);
    expect(server.reports).toEqual(["IPC_EVENT_DROPPED"]);
  });
});

describe("an event with options", () => {
  it("is not taken on a session that is over", () => {
    const server = openServer({ features }, preface);
    server.close("kicked");
    expect(emit(server, "e", { volatile: true })).toBe(false);
    expect(() => emit(server, "e", { lane: 1 })).toThrow('emit has no option "lane"');
  });
});

describe("given a full queue", () => {
  const text = "x".repeat(100);

  function full(slowConsumer: "drop-oldest" | "drop-newest"): Party {
    const server = blocked({ limits: { maxQueuedBytes: 300 }, slowConsumer });
    for (let count = 0; count < 10; count++) {
      server.session.emit(String(count), text);
      server.pump();
    }
    return server;
  }

  it("drops the oldest events, if that is the policy", () => {
    const server = full("drop-oldest");
    expect(server.phase).toBe("open");
    server.drain();
    const names = [...server.take().matchAll(/\["(\d)"/g)].map(([, name]) => name);
    expect(names.at(-1)).toBe("9");
    expect(names).toEqual(["7", "8", "9"].slice(-names.length));
    expect(server.events.at(-1)).toEqual(["drain", undefined]);
  });

  it("drops the newest events, if that is the policy", () => {
    const server = full("drop-newest");
    server.drain();
    const names = [...server.take().matchAll(/\["(\d)"/g)].map(([, name]) => name);
    expect(names).toEqual(["0", "1", "2"]);
    expect(server.reports).toEqual(Array.from({ length: 7 }, () => "IPC_EVENT_DROPPED"));
  });

  it("accepts no call under either policy, and every reply that is small", () => {
    const server = full("drop-newest");
    expect(server.invoke("call")).toBe("IPC_QUEUE_FULL");
    server.feed(`[1,"call"]\n`);
    server.session.calls.refuse(1, "IPC_NO_HANDLER");
    server.drain();
    expect(server.take()).toContain("IPC_NO_HANDLER");
  });

  it("holds without a connection as well", () => {
    const server = openServer(
      { features, accepts: false, limits: { maxQueuedBytes: 300 } },
      preface,
    );
    const recovery = { session: "s", window: 5_000, resumed: false };
    server.session.accept({ id: "i", token: "t", recovery }, 0);
    server.pump();
    server.disconnect();
    const answers = Array.from({ length: 4 }, () => server.session.emit("e", text));
    server.pump();
    expect(answers).toEqual([true, true, true, false]);
    expect(server.phase).toBe("parked");
    expect(server.session.queuedBytes).toBeLessThan(500);
  });
});
