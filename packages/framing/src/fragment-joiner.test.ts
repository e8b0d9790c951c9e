import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { countWork } from "../test/count-work.ts";
import { FragmentJoiner } from "./index.ts";

const KIB = 1024;

function joined(parts: readonly Buffer[] | undefined): string | undefined {
  return parts && Buffer.concat(parts).toString();
}

describe("given fragments of one lane", () => {
  it("answers the whole frame with the last", () => {
    const joiner = new FragmentJoiner();
    expect(joiner.push(0, Buffer.from("ab"), false)).toBeUndefined();
    expect(joiner.push(0, Buffer.alloc(0), false)).toBeUndefined();
    expect(joined(joiner.push(0, Buffer.from("c"), true))).toBe("abc");
    expect(joined(joiner.push(0, Buffer.from("d"), true))).toBe("d");
    expect(joined(joiner.push(0, Buffer.alloc(0), true))).toBe("");
    expect([joiner.openTrains, joiner.bufferedBytes]).toEqual([0, 0]);
  });

  it("keeps copies, so that payloads may be reused", () => {
    const joiner = new FragmentJoiner();
    const payload = Buffer.from("ab");
    joiner.push(0, payload, false);
    payload.fill("x");
    expect(joined(joiner.push(0, Buffer.from("c"), true))).toBe("abc");
  });

  it("joins payloads of any size", () => {
    const payload = Buffer.from("0123456789abcdef".repeat(5 * KIB + 1));
    const joiner = new FragmentJoiner();
    for (let i = 0; i < 3; i++) joiner.push(0, payload, false);
    expect(joined(joiner.push(0, payload, true))).toBe(payload.toString().repeat(4));
  });

  it("takes no more memory for many small fragments than for a large one", () => {
    const joiner = new FragmentJoiner();
    const one = Buffer.from("x");
    const { allocated } = countWork(() => {
      for (let i = 0; i < 200 * KIB; i++) joiner.push(0, one, false);
    });
    expect(allocated).toBeLessThanOrEqual(256 * KIB);
    expect(joiner.push(0, one, true)).toHaveLength(4);
  });
});

describe("given fragments of several lanes", () => {
  it("keeps them apart", () => {
    const joiner = new FragmentJoiner();
    joiner.push(0, Buffer.from("a"), false);
    joiner.push(1, Buffer.from("1"), false);
    expect([joiner.openTrains, joiner.bufferedBytes]).toEqual([2, 2]);
    expect(joined(joiner.push(0, Buffer.from("b"), true))).toBe("ab");
    expect(joined(joiner.push(1, Buffer.from("2"), true))).toBe("12");
  });

  it("forgets the frame of one lane, or of all", () => {
    const joiner = new FragmentJoiner();
    for (const lane of [0, 1, 2]) joiner.push(lane, Buffer.from("lost"), false);
    joiner.discard(1);
    joiner.discard(99);
    expect([joiner.openTrains, joiner.bufferedBytes]).toEqual([2, 8]);
    expect(joined(joiner.push(1, Buffer.from("new"), true))).toBe("new");
    joiner.discard();
    expect([joiner.openTrains, joiner.bufferedBytes]).toEqual([0, 0]);
  });
});

describe("given limits", () => {
  it("holds as many unfinished frames as allowed, and no more", () => {
    const joiner = new FragmentJoiner({ maxTrains: 2 });
    joiner.push(0, Buffer.from("a"), false);
    joiner.push(1, Buffer.from("a"), false);
    joiner.push(0, Buffer.from("a"), false);
    expect(joined(joiner.push(2, Buffer.from("whole"), true))).toBe("whole");
    expect(() => joiner.push(2, Buffer.from("a"), false)).toThrow(
      expect.objectContaining({
        code: "IPC_FRAMING_TOO_MANY_TRAINS",
        context: { limit: 2, lane: 2 },
      }),
    );
  });

  it("holds as many bytes as allowed, and refuses one more before it takes memory", () => {
    const joiner = new FragmentJoiner({ maxBufferedBytes: 10 });
    joiner.push(0, Buffer.alloc(4), false);
    joiner.push(1, Buffer.alloc(5), false);
    joiner.push(1, Buffer.alloc(1), false);
    const { allocated } = countWork(() => {
      expect(() => joiner.push(2, Buffer.alloc(1), false)).toThrow(
        expect.objectContaining({
          code: "IPC_FRAMING_TRAINS_TOO_LARGE",
          context: { limit: 10, lane: 2 },
        }),
      );
    });
    expect([allocated, joiner.openTrains, joiner.bufferedBytes]).toEqual([0, 2, 10]);
    joiner.discard(0);
    expect(joiner.push(1, Buffer.alloc(4), true)).toBeDefined();
  });

  it.each([[{ maxTrains: 0 }], [{ maxTrains: 65_537 }], [{ maxBufferedBytes: 0 }]])(
    "refuses %o",
    (limits) => {
      expect(() => new FragmentJoiner(limits)).toThrow(
        expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
      );
    },
  );
});
