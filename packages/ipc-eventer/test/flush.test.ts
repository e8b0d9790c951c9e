import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.ts";
import { faultyPair } from "./faulty-pair.ts";
import { openPair } from "./open-pair.ts";

describe("a flush that is given up", () => {
  it.each(["before", "during"])(
    "is not fulfilled by a signal without a reason that is aborted %s it",
    async (when) => {
      const { socket } = await openPair();
      // As polyfills of AbortController that are older than the reason make it.
      const signal = Object.assign(new EventTarget(), { aborted: when === "before" });
      const flushed = codeOf(socket.flush({ signal: signal as AbortSignal }));
      signal.dispatchEvent(new Event("abort"));
      expect(await flushed).toBe("IPC_ABORTED");
    },
  );

  it("leaves nothing behind, however often, while the peer reads nothing", async () => {
    const { faults, socket } = await faultyPair();
    // More than the connection holds: what follows waits in the session.
    faults.stall();
    socket.emit("large", Buffer.alloc(1024 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
    socket.emit("n", 1);
    const before = socket.stats().queuedBytes;
    const outcomes = new Set<unknown>();
    for (let count = 0; count < 1_000; count++) {
      const giveUp = new AbortController();
      const flushed = socket.flush({ signal: giveUp.signal });
      giveUp.abort("enough");
      outcomes.add(await flushed.catch((error: unknown) => error));
    }
    await expect(socket.flush({ timeout: 1 })).rejects.toMatchObject({ code: "IPC_FLUSH_TIMEOUT" });
    expect(outcomes).toEqual(new Set(["enough"]));
    expect(socket.stats().queuedBytes - before).toBeLessThan(1_000);
    faults.clear();
    await socket.flush();
  });
});
