import { expect, it } from "vitest";
import { checkEmitOptions } from "./emit-options.ts";

it.each([
  {},
  { lane: 0 },
  { lane: 7 },
  { ttl: 0 },
  { ttl: Infinity },
  { volatile: true },
  { conflate: "" },
])("takes %j", (options) => {
  expect(() => checkEmitOptions(options)).not.toThrow();
});

it.each([
  { lane: -1 },
  { lane: 8 },
  { lane: 0.5 },
  { lane: "1" },
  { ttl: -1 },
  { ttl: NaN },
  { volatile: 1 },
  { conflate: 1 },
])("throws for %j at the caller", (options) => {
  expect(() => checkEmitOptions(options as object)).toThrow(
    expect.objectContaining({ code: "IPC_INVALID_OPTION", blame: "caller" }) as Error,
  );
});
