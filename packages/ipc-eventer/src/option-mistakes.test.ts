import { describe, expect, it } from "vitest";
import { assertDuration, isWithin, timeoutMistake } from "./option-mistakes.ts";

const longest = 2 ** 31 - 1;

describe("the mistakes in options", () => {
  it("takes a duration from nothing to the longest delay of a timer", () => {
    for (const value of [0, 0.5, longest - 1, longest]) {
      expect(() => assertDuration("callTimeout", value)).not.toThrow();
      expect(timeoutMistake(value)).toBeUndefined();
    }
  });

  it.each([-1, longest + 1, Number.NaN, Infinity, "5", null])(
    "refuses a duration of %s",
    (value) => {
      const refusal: unknown = expect.objectContaining({ code: "IPC_INVALID_OPTION" });
      expect(() => assertDuration("callTimeout", value)).toThrow(refusal);
      expect(timeoutMistake(value)).toEqual(refusal);
    },
  );

  it("names the option, and the longest it may be", () => {
    expect(() => assertDuration("reconnectInterval", 11, 10)).toThrow(
      "The option reconnectInterval is a number of milliseconds from 0 to 10.",
    );
    expect(() => assertDuration("reconnectInterval", 10, 10)).not.toThrow();
  });

  it("asks nothing of a timeout that is not given", () => {
    expect(timeoutMistake(undefined)).toBeUndefined();
  });

  it("takes a number at its bounds and none beyond", () => {
    expect([-1, 0, 16, 17].map((value) => isWithin(value, 16))).toEqual([false, true, true, false]);
  });
});
