import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { countWork } from "../test/count-work.ts";
import { cutBytes } from "../test/cut-bytes.ts";
import { encodeFragments, type Frame, FragmentDecoder, type FramingErrorCode } from "./index.ts";

const KIB = 1024;

function push(decoder: FragmentDecoder, lane: number, text: string, last = false): unknown {
  return decoder.push(lane, Buffer.from(text), last);
}

function line(text: string): Frame {
  return { text, attachments: [] };
}

describe("given a frame to cut into fragments", () => {
  const frame = [Buffer.from("abcde"), new Uint8Array(0), Buffer.from("fgh")];

  it.each([
    [1, 8],
    [3, 3],
    [4, 2],
    [7, 2],
    [8, 1],
    [9, 1],
  ])("cuts 8 bytes by %i into %i, the last of them marked", (fragmentBytes, count) => {
    const fragments = encodeFragments(5, frame, fragmentBytes).map((f) => String(Buffer.concat(f)));
    expect(fragments.map((text) => text.includes("!"))).toEqual(
      Array.from({ length: count }, (_, i) => i === count - 1),
    );
    expect(fragments.join("").replaceAll(/~5 \d!?\n/g, "")).toBe("abcdefgh");
  });

  it("puts parts together in a fragment and copies none of them", () => {
    const fragments = encodeFragments(5, frame, 6);
    expect(fragments.map((parts) => parts.map(String))).toEqual([
      ["~5 6\n", "abcde", "f"],
      ["~5 2!\n", "gh"],
    ]);
    expect(fragments[0]?.[1]?.buffer).toBe(frame[0]?.buffer);
  });

  it("cuts by 64 KiB unless told otherwise", () => {
    const fragments = encodeFragments(0, [new Uint8Array(65_537)]);
    expect(fragments.map(([, payload]) => payload?.byteLength)).toEqual([65_536, 1]);
  });

  it("makes one empty fragment of nothing", () => {
    expect(encodeFragments(0, [])).toEqual([[Buffer.from("~0 0!\n")]]);
  });

  it.each([
    [-1, 1],
    [2 ** 31, 1],
    [1.5, 1],
    [0, 0],
    [0, 2 ** 30 + 1],
  ])("refuses lane %d with %d bytes", (lane, fragmentBytes) => {
    expect(() => encodeFragments(lane, frame, fragmentBytes)).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
    );
  });
});

describe("given fragments of one lane", () => {
  it("answers the frame with the last", () => {
    const decoder = new FragmentDecoder();
    expect(push(decoder, 0, "a")).toBeUndefined();
    expect(push(decoder, 0, "")).toBeUndefined();
    expect(push(decoder, 0, "b\n")).toBeUndefined();
    expect(push(decoder, 0, "", true)).toEqual(line("ab"));
    expect(push(decoder, 0, "c\n", true)).toEqual(line("c"));
    expect([decoder.openTrains, decoder.claimedBytes]).toEqual([0, 0]);
  });

  it("yields the same frame however it is cut", () => {
    const attachments = [Buffer.from("xy"), Buffer.alloc(0), Buffer.alloc(3)];
    for (const { how, chunks } of cutBytes(Buffer.from("*2,0,3 {}\nxy\0\0\0"))) {
      const decoder = new FragmentDecoder();
      for (const chunk of chunks) expect(decoder.push(7, chunk, false)).toBeUndefined();
      const frame = decoder.push(7, Buffer.alloc(0), true);
      expect([how, frame]).toEqual([how, { text: "{}", attachments }]);
    }
  });

  it("keeps copies, so that payloads may be reused", () => {
    const decoder = new FragmentDecoder();
    const payload = Buffer.from("*2 a\nb");
    decoder.push(0, payload, false);
    payload.fill("x");
    expect(push(decoder, 0, "c", true)).toEqual({ text: "a", attachments: [Buffer.from("bc")] });
  });

  it("copies each byte of an attachment once, and takes its memory once", () => {
    const decoder = new FragmentDecoder();
    const bytes = 64 * KIB * 16;
    const payload = Buffer.alloc(64 * KIB);
    push(decoder, 0, `*${bytes} a\n`);
    const { copied, allocated } = countWork(() => {
      for (let i = 1; i <= 16; i++) decoder.push(0, payload, i === 16);
    });
    expect([copied, allocated]).toEqual([bytes, bytes]);
  });

  it("takes no more memory for many small fragments than for a large one", () => {
    const decoder = new FragmentDecoder();
    const one = Buffer.from("x");
    const { allocated } = countWork(() => {
      for (let i = 0; i < 200 * KIB; i++) decoder.push(0, one, false);
    });
    expect(allocated).toBeLessThanOrEqual(256 * KIB);
    expect(push(decoder, 0, "\n", true)).toEqual(line("x".repeat(200 * KIB)));
  });

  it.each<[string, FramingErrorCode]>([
    ["", "IPC_FRAMING_NOT_ONE_FRAME"],
    ["a\nb\n", "IPC_FRAMING_NOT_ONE_FRAME"],
    ["a\nb", "IPC_FRAMING_TRUNCATED"],
    ["a\n*1", "IPC_FRAMING_TRUNCATED"],
    ["~0 2!\na\n", "IPC_FRAMING_NOT_ONE_FRAME"],
    ["a", "IPC_FRAMING_TRUNCATED"],
    ["*1 a\n", "IPC_FRAMING_TRUNCATED"],
    ["\n", "IPC_FRAMING_EMPTY_LINE"],
  ])("refuses %j however it is cut, which is not one frame", (text, code) => {
    for (const { chunks } of cutBytes(Buffer.from(text))) {
      const decoder = new FragmentDecoder();
      const pushAll = (): void => {
        for (const chunk of chunks) decoder.push(0, chunk, false);
        decoder.push(0, Buffer.alloc(0), true);
      };
      expect(pushAll).toThrow(expect.objectContaining({ code }));
    }
  });
});

describe("given fragments of several lanes", () => {
  it("keeps them apart", () => {
    const decoder = new FragmentDecoder();
    push(decoder, 0, "a");
    push(decoder, 1, "1");
    expect([decoder.openTrains, decoder.claimedBytes]).toEqual([2, 2]);
    expect(push(decoder, 0, "b\n", true)).toEqual(line("ab"));
    expect(push(decoder, 1, "2\n", true)).toEqual(line("12"));
  });

  it("forgets the frame of one lane, or of all", () => {
    const decoder = new FragmentDecoder();
    for (const lane of [0, 1, 2]) push(decoder, lane, "lost");
    decoder.discard(1);
    decoder.discard(99);
    expect([decoder.openTrains, decoder.claimedBytes]).toEqual([2, 8]);
    expect(push(decoder, 1, "new\n", true)).toEqual(line("new"));
    decoder.discard();
    expect([decoder.openTrains, decoder.claimedBytes]).toEqual([0, 0]);
  });
});

describe("given limits", () => {
  it("holds as many unfinished frames as allowed, and no more", () => {
    const decoder = new FragmentDecoder({ maxTrains: 2 });
    push(decoder, 0, "a");
    push(decoder, 1, "a");
    push(decoder, 0, "a");
    expect(push(decoder, 2, "whole\n", true)).toEqual(line("whole"));
    expect(() => push(decoder, 2, "a")).toThrow(
      expect.objectContaining({
        code: "IPC_FRAMING_TOO_MANY_TRAINS",
        context: { limit: 2, lane: 2 },
      }),
    );
  });

  it("takes frames as large as allowed, and no larger", () => {
    expect(push(new FragmentDecoder({ maxFrameBytes: 3 }), 0, "abc\n", true)).toEqual(line("abc"));
    expect(() => push(new FragmentDecoder({ maxFrameBytes: 2 }), 0, "abc\n")).toThrow(
      expect.objectContaining({
        code: "IPC_FRAMING_FRAME_TOO_LARGE",
      }),
    );
  });

  it("holds as many bytes as allowed, and refuses one more before it takes memory", () => {
    const decoder = new FragmentDecoder({ maxBufferedBytes: 10 });
    push(decoder, 0, "aaaa");
    push(decoder, 1, "bbbbb");
    push(decoder, 1, "b");
    expect([decoder.openTrains, decoder.claimedBytes]).toEqual([2, 10]);
    const { allocated } = countWork(() => {
      for (const lane of [0, 2]) {
        expect(() => push(decoder, lane, "a")).toThrow(
          expect.objectContaining({
            code: "IPC_FRAMING_TRAINS_TOO_LARGE",
            context: { limit: 10, lane },
          }),
        );
      }
    });
    expect(allocated).toBe(0);
  });

  it("counts attachments from when they are announced", () => {
    const decoder = new FragmentDecoder({ maxBufferedBytes: 100 });
    push(decoder, 0, "*70 a\n");
    expect(decoder.claimedBytes).toBe(71);
    push(decoder, 1, "*28 b\n");
    decoder.discard(1);
    const { allocated } = countWork(() => {
      expect(() => push(decoder, 1, "*30 b\nx")).toThrow(
        expect.objectContaining({
          code: "IPC_FRAMING_TRAINS_TOO_LARGE",
          context: { limit: 100, lane: 1 },
        }),
      );
    });
    expect(allocated).toBe(0);
  });

  it("counts a frame whose last fragment has not come", () => {
    const decoder = new FragmentDecoder({ maxBufferedBytes: 12 });
    push(decoder, 0, "aaaaaaa\n");
    push(decoder, 0, "bbbb");
    expect(() => push(decoder, 0, "b")).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_TRAINS_TOO_LARGE" }),
    );
  });

  it("gives a frame more room when others are finished", () => {
    const decoder = new FragmentDecoder({ maxBufferedBytes: 12 });
    push(decoder, 0, "aaaaaaaa");
    push(decoder, 1, "b");
    push(decoder, 0, "\n", true);
    expect(push(decoder, 1, "bbbbbbbbb\n", true)).toEqual(line("b".repeat(10)));
  });

  it.each([
    [{ maxTrains: 0 }],
    [{ maxTrains: 65_537 }],
    [{ maxBufferedBytes: 0 }],
    [{ maxFrameBytes: 0 }],
  ])("refuses %o", (limits) => {
    expect(() => new FragmentDecoder(limits)).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
    );
  });
});
