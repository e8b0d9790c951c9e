import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fakeAllTime } from "../../test/fake-all-time.ts";
import { PendingConnects } from "./pending-connects.ts";

const silent = { handleGivenUp: () => false, handleAllGivenUp: () => undefined };

describe("PendingConnects", () => {
  it("fulfils every promise with the same value, and keeps none", async () => {
    const connects = new PendingConnects<string>("app", silent);
    const promises = [connects.add({}), connects.add({ timeout: 60_000 }), connects.add({})];
    expect(connects.size).toBe(3);
    connects.resolve("socket");
    expect(connects.size).toBe(0);
    await expect(Promise.all(promises)).resolves.toEqual(["socket", "socket", "socket"]);
  });

  it("gives each promise up at its timeout or signal, and reports when the last one is", async () => {
    let allGivenUp = 0;
    const connects = new PendingConnects<string>("app", {
      ...silent,
      handleAllGivenUp: () => {
        allGivenUp += 1;
      },
    });
    const controller = new AbortController();
    const patient = connects.add({});
    const hasty = connects.add({ timeout: 1 });
    const aborted = connects.add({ signal: controller.signal });
    await expect(hasty).rejects.toMatchObject({
      code: "IPC_CONNECT_TIMEOUT",
      message: expect.stringContaining("1 ms") as string,
    });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect([connects.size, allGivenUp]).toEqual([1, 0]);
    connects.resolve("socket");
    await expect(patient).resolves.toBe("socket");
    const last = connects.add({ timeout: 1 });
    await expect(last).rejects.toMatchObject({ code: "IPC_CONNECT_TIMEOUT" });
    expect(allGivenUp).toBe(1);
  });

  it("rejects at once when the signal was aborted before", async () => {
    const connects = new PendingConnects<string>("app", silent);
    await expect(connects.refuse(AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(connects.size).toBe(0);
  });

  it("reports each promise that is given up, which need not be awaited if the error has a listener", async () => {
    const told: unknown[] = [];
    const connects = new PendingConnects<string>("app", {
      ...silent,
      handleGivenUp: (error) => told.push(error) > 0,
    });
    // Not awaited: an unhandled rejection would fail this run.
    void connects.refuse(AbortSignal.abort());
    void connects.add({ timeout: 0 });
    await vi.waitUntil(() => told.length > 1);
    expect(told).toMatchObject([{ name: "AbortError" }, { code: "IPC_CONNECT_TIMEOUT" }]);
  });

  it("leaves no timer of a promise that is settled", async () => {
    const time = fakeAllTime();
    onTestFinished(() => time.restore());
    const connects = new PendingConnects<string>("app", silent);
    const promise = connects.add({ timeout: 60_000 });
    expect(vi.getTimerCount()).toBe(1);
    connects.resolve("session");
    expect(vi.getTimerCount()).toBe(0);
    await promise;
  });

  it("wraps a reason that is no error", async () => {
    const connects = new PendingConnects<string>("app", silent);
    await expect(connects.refuse(AbortSignal.abort("enough"))).rejects.toMatchObject({
      code: "IPC_ABORTED",
      cause: "enough",
    });
  });

  it("leaves no listener at the signal of a promise that is settled", async () => {
    const connects = new PendingConnects<string>("app", silent);
    const { signal } = new AbortController();
    const added: unknown[] = [];
    const removed: unknown[] = [];
    signal.addEventListener = (_type: string, listener: unknown) => void added.push(listener);
    signal.removeEventListener = (_type: string, listener: unknown) => void removed.push(listener);
    const promise = connects.add({ signal });
    connects.resolve("socket");
    await promise;
    expect(added).toHaveLength(1);
    expect(removed).toEqual(added);
  });
});
