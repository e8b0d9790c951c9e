import { describe, expect, it } from "vitest";
import { catchProcessEvents } from "../../test/catch-process-events.ts";
import { TestPlace } from "../../test/test-place.ts";
import { offAbort, onAbort } from "./shared-signal.ts";

describe("what waits for one signal", () => {
  it("is told though another throws, whose error is uncaught", async () => {
    const uncaught = catchProcessEvents(new TestPlace(), "uncaughtException");
    const controller = new AbortController();
    const told: string[] = [];
    const mistake = new Error("a listener of the application");
    onAbort(controller.signal, () => {
      throw mistake;
    });
    onAbort(controller.signal, () => told.push("second"));
    controller.abort();
    expect(told).toEqual(["second"]);
    await new Promise(setImmediate);
    expect(uncaught).toEqual([mistake]);
  });

  it("is not told if another has taken it back meanwhile", () => {
    const controller = new AbortController();
    const told: string[] = [];
    const second = (): void => void told.push("second");
    onAbort(controller.signal, () => offAbort(controller.signal, second));
    onAbort(controller.signal, second);
    controller.abort();
    expect(told).toEqual([]);
  });
});
