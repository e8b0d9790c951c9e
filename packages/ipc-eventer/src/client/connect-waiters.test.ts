import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fakeAllTime } from "../../test/fake-all-time.ts";
import { ConnectWaiters } from "./connect-waiters.ts";

const silent = { handleGivenUp: () => false, handleDeserted: () => undefined };

describe("ConnectWaiters", () => {
  it("fulfils every promise with the same value, and forgets them", async () => {
    const waiters = new ConnectWaiters<string>("app", silent);
    const promises = [waiters.add({}), waiters.add({ timeout: 60_000 }), waiters.add({})];
    expect(waiters.size).toBe(3);
    waiters.resolve("socket");
    expect(waiters.size).toBe(0);
    await expect(Promise.all(promises)).resolves.toEqual(["socket", "socket", "socket"]);
  });

  it("gives up alone at a timeout or signal, and says so when the last one has", async () => {
    let deserted = 0;
    const waiters = new ConnectWaiters<string>("app", {
      ...silent,
      handleDeserted: () => {
        deserted += 1;
      },
    });
    const controller = new AbortController();
    const patient = waiters.add({});
    const hasty = waiters.add({ timeout: 1 });
    const aborted = waiters.add({ signal: controller.signal });
    await expect(hasty).rejects.toMatchObject({
      code: "IPC_CONNECT_TIMEOUT",
      message: expect.stringContaining("1 ms") as string,
    });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect([waiters.size, deserted]).toEqual([1, 0]);
    waiters.resolve("socket");
    await expect(patient).resolves.toBe("socket");
    const last = waiters.add({ timeout: 1 });
    await expect(last).rejects.toMatchObject({ code: "IPC_CONNECT_TIMEOUT" });
    expect(deserted).toBe(1);
  });

  it("refuses at once when the signal was aborted before", async () => {
    const waiters = new ConnectWaiters<string>("app", silent);
    await expect(waiters.refuse(AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(waiters.size).toBe(0);
  });

  it("tells of each that gives up, which need not be awaited if the application was told", async () => {
    const told: unknown[] = [];
    const waiters = new ConnectWaiters<string>("app", {
      ...silent,
      handleGivenUp: (error) => told.push(error) > 0,
    });
    // Not awaited: an unhandled rejection would fail this run.
    void waiters.refuse(AbortSignal.abort());
    void waiters.add({ timeout: 0 });
    await vi.waitUntil(() => told.length > 1);
    expect(told).toMatchObject([{ name: "AbortError" }, { code: "IPC_CONNECT_TIMEOUT" }]);
  });

  it("leaves no timer of a promise that is settled", async () => {
    const time = fakeAllTime();
    onTestFinished(() => time.restore());
    const waiters = new ConnectWaiters<string>("app", silent);
    const promise = waiters.add({ timeout: 60_000 });
    expect(vi.getTimerCount()).toBe(1);
    waiters.resolve("session");
    expect(vi.getTimerCount()).toBe(0);
    await promise;
  });

  it("wraps a reason that is no error", async () => {
    const waiters = new ConnectWaiters<string>("app", silent);
    await expect(waiters.refuse(AbortSignal.abort("enough"))).rejects.toMatchObject({
      code: "IPC_ABORTED",
      cause: "enough",
    });
  });

  it("leaves no listener at the signal of a promise that is settled", async () => {
    const waiters = new ConnectWaiters<string>("app", silent);
    const { signal } = new AbortController();
    const added: unknown[] = [];
    const removed: unknown[] = [];
    signal.addEventListener = (_type: string, listener: unknown) => void added.push(listener);
    signal.removeEventListener = (_type: string, listener: unknown) => void removed.push(listener);
    const promise = waiters.add({ signal });
    waiters.resolve("socket");
    await promise;
    expect(added).toHaveLength(1);
    expect(removed).toEqual(added);
  });
});
