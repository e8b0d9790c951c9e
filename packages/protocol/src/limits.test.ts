import { constants } from "node:buffer";
import { describe, expect, it } from "vitest";
import { checkLimits, defaultLimits, type SessionLimits } from "./limits.ts";
import { MessageEncoder } from "./wire/message-encoder.ts";

const longestDelay = 2 ** 31 - 1;

const bounds: readonly [keyof SessionLimits, number, number][] = [
  ["maxMessageBytes", 16_384, constants.MAX_STRING_LENGTH],
  ["maxAttachments", 0, 65_536],
  ["highWaterMark", 0, Number.MAX_SAFE_INTEGER],
  ["maxQueuedBytes", 1, Number.MAX_SAFE_INTEGER],
  ["maxBurstBytes", 1, Number.MAX_SAFE_INTEGER],
  ["stallTimeout", 1, 2 ** 31 - 1],
  ["heartbeatInterval", 0, longestDelay],
  ["heartbeatTimeout", 1, longestDelay],
  ["handshakeTimeout", 1, longestDelay],
  ["closeTimeout", 0, longestDelay],
];

describe("the limits of a session", () => {
  it.each(bounds)("take %s from %d to %d and nothing beyond", (name, min, max) => {
    const check = (value: unknown) => (): void => checkLimits({ ...defaultLimits, [name]: value });
    for (const good of [min, min + 1, max - 1, max]) expect(check(good)).not.toThrow();
    for (const bad of [min - 1, max + 1, Number.NaN, "7", undefined]) {
      expect(check(bad)).toThrow(
        expect.objectContaining({ code: "IPC_INVALID_OPTION", blame: "caller" }),
      );
    }
  });

  it("has no others, and a name that is mistyped is told from the one that was meant", () => {
    expect(() => checkLimits({ ...defaultLimits, maxQueueBytes: 1 } as SessionLimits)).toThrow(
      'A set of limits has no option "maxQueueBytes". Did you mean "maxQueuedBytes"?',
    );
  });

  it("are checked when an encoder is made", () => {
    expect(() => new MessageEncoder({ ...defaultLimits, closeTimeout: -1 })).toThrow(
      "closeTimeout",
    );
  });
});
