import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { checkEmitOptions } from "./emit-options.ts";

it.each([{}, { ttl: 0 }, { ttl: Infinity }, { volatile: true }, { conflate: "" }])(
  "takes %j",
  (options) => {
    expect(() => checkEmitOptions("x", options)).not.toThrow();
  },
);

it.each([{ ttl: -1 }, { ttl: NaN }, { volatile: 1 }, { conflate: 1 }])(
  "throws for %j at the caller",
  (options) => {
    expect(() => checkEmitOptions("x", options as object)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_OPTION", blame: "caller" }) as Error,
    );
  },
);

it.each([
  [{ volitile: true }, 'emit has no option "volitile". Did you mean "volatile"?'],
  [Object.create({ ttll: 5 }), 'emit has no option "ttll". Did you mean "ttl"?'],
  [{ x: 2 }, 'emit has no option "x". It has ttl, volatile, conflate. If it is data, send'],
  ["two", 'emit takes one value. Send an array or an object: emit("x", [first, second]).'],
  [null, "emit takes one value."],
  [[2], "emit takes one value."],
  [new Map(), "emit takes one value."],
  [Buffer.from("two"), "emit takes one value."],
  [(): void => undefined, 'await invoke("x", data)'],
])("throws for %o behind the data, and says what to write instead", (options, advice) => {
  expect(() => checkEmitOptions("x", options as object)).toThrow(advice);
});

it("takes options of another realm, an instance of a class, and an object without a prototype", () => {
  class Settings {
    readonly ttl = 1;
  }
  const foreign: unknown = runInNewContext("({ ttl: 5 })");
  for (const options of [foreign, new Settings(), Object.create(null) as object]) {
    expect(() => checkEmitOptions("x", options as object)).not.toThrow();
  }
});
