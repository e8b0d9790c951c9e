import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { ContextEmitter } from "./listeners.ts";

const storage = new AsyncLocalStorage<string>();

function fail(): never {
  throw new Error("It was taken off.");
}

function ignore(): void {
  // It need not do anything.
}

describe("ContextEmitter", () => {
  it("runs listeners in the async context in which they were attached", () => {
    const emitter = new ContextEmitter();
    const heard: unknown[] = [];
    const hear = (): void => void heard.push(storage.getStore());
    storage.run("on", () => emitter.on("x", hear));
    storage.run("once", () => emitter.once("x", hear));
    storage.run("added", () => emitter.addListener("x", hear));
    storage.run("first", () => emitter.prependListener("x", hear));
    storage.run("first once", () => emitter.prependOnceListener("x", hear));
    for (let round = 0; round < 2; round++) storage.run("emit", () => emitter.emit("x"));
    expect(heard).toEqual(["first once", "first", "on", "once", "added", "first", "on", "added"]);
  });

  it("passes values, answers and throws through, as node's own does", async () => {
    const rejections: unknown[] = [];
    const emitter = new ContextEmitter({ captureRejections: true });
    emitter.on("error", (error) => rejections.push(error));
    emitter.on("sum", (a: number, b: number) => Promise.reject(new Error(`${a + b}`)));
    emitter.emit("sum", 1, 2);
    await new Promise(setImmediate);
    expect(rejections).toMatchObject([{ message: "3" }]);
    emitter.on("bad", () => {
      throw new Error("bad");
    });
    expect(() => emitter.emit("bad")).toThrow("bad");
  });

  it.each(["on", "once", "prependListener", "prependOnceListener", "addListener"] as const)(
    "takes off what %s attached, by the listener itself",
    (how) => {
      for (const takeOff of ["off", "removeListener"] as const) {
        const emitter = new ContextEmitter();
        emitter[how]("x", fail);
        expect(emitter.listeners("x")).toEqual([fail]);
        emitter[takeOff]("x", fail);
        expect(emitter.listenerCount("x")).toBe(0);
        emitter.emit("x");
      }
    },
  );

  it("tells of new and removed listeners by the listener itself", () => {
    const told: unknown[] = [];
    const emitter = new ContextEmitter();
    emitter.on("newListener", (event, one) => told.push(event, one));
    emitter.on("removeListener", (event, one) => told.push(event, one));
    told.length = 0;
    emitter.once("x", ignore);
    emitter.emit("x");
    expect(told).toEqual(["x", ignore, "x", ignore]);
  });

  it("refuses what is no function in node's own words", () => {
    const no = "text" as unknown as () => void;
    for (const how of ["on", "once", "prependListener", "prependOnceListener"] as const) {
      expect(() => new ContextEmitter()[how]("x", no)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
      );
    }
  });
});
