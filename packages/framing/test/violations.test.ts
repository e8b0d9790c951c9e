import { Buffer } from "node:buffer";
import { type FrameLimits, FrameDecoder, type FramingErrorCode } from "@ipc/framing";
import { describe, expect, it } from "vitest";
import { collectFrames, FrameCollector, type SeenFrame } from "./collect-frames.ts";
import { countWork } from "./count-work.ts";
import { cutBytes } from "./cut-bytes.ts";

const limits: FrameLimits = { maxFrameBytes: 1000, maxAttachments: 3 };

type Row = readonly [bytes: string, code: FramingErrorCode];

const violations: Record<string, readonly Row[]> = {
  "an empty line": [
    ["\n", "IPC_FRAMING_EMPTY_LINE"],
    ["*1 \nx", "IPC_FRAMING_EMPTY_LINE"],
  ],
  "a line that ends with CR": [
    ["a\r\n", "IPC_FRAMING_CARRIAGE_RETURN"],
    ["\r\n", "IPC_FRAMING_CARRIAGE_RETURN"],
    ["*1 a\r\nx", "IPC_FRAMING_CARRIAGE_RETURN"],
  ],
  "a line that is not UTF-8": [
    ["a\xff\n", "IPC_FRAMING_INVALID_UTF8"],
    ["\xc3\n", "IPC_FRAMING_INVALID_UTF8"],
    ["\xa9\n", "IPC_FRAMING_INVALID_UTF8"],
    ["\xc0\xaf\n", "IPC_FRAMING_INVALID_UTF8"],
    ["\xed\xa0\x80\n", "IPC_FRAMING_INVALID_UTF8"],
    ["\xf4\x90\x80\x80\n", "IPC_FRAMING_INVALID_UTF8"],
    ["*1 \xff\nx", "IPC_FRAMING_INVALID_UTF8"],
  ],
  "a header that is not one": [
    ["*\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["* a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*,1 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1, a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1,,1 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*01 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*00 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*+1 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*-1 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1.0 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1e1 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*0x1 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1\ta\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1\na", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*1! a\n", "IPC_FRAMING_MALFORMED_HEADER"],
    ["*\xb2 a\n", "IPC_FRAMING_MALFORMED_HEADER"],
  ],
  "more than the limits allow": [
    [`${"a".repeat(1001)}\n`, "IPC_FRAMING_FRAME_TOO_LARGE"],
    [`*1 ${"a".repeat(1000)}\n`, "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*1001 a\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*500,501 a\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*1000 a\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*99999999999999999999999999 a\n", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*0,0,0,0 a\n", "IPC_FRAMING_TOO_MANY_ATTACHMENTS"],
  ],
};

describe.each(Object.entries(violations))("given %s", (_title, rows) => {
  it.each(rows)("refuses %j with %s however the bytes are cut", (text, error) => {
    const bytes = Buffer.from(text, "latin1");
    const before = Buffer.from("first\n*1 second\nx");
    const frames: SeenFrame[] = [["first"], ["second", "x"]];
    for (const { how, chunks } of cutBytes(bytes)) {
      expect({ how, ...collectFrames(chunks, limits) }).toEqual({ how, frames: [], error });
    }
    for (const { how, chunks } of cutBytes(Buffer.concat([before, bytes, before]))) {
      expect({ how, ...collectFrames(chunks, limits) }).toEqual({ how, frames, error });
    }
  });
});

describe("given bytes that end inside a frame", () => {
  it.each(["a", "*", "*1", "*1 ", "*1 a", "*1 a\n", "*2 a\nx", "~", "~1 1"])(
    "says that %j is truncated",
    (text) => {
      for (const { how, chunks } of cutBytes(Buffer.from(`first\n${text}`))) {
        const outcome = { frames: [["first"]], error: "IPC_FRAMING_TRUNCATED" };
        expect({ how, ...collectFrames(chunks) }).toEqual({ how, ...outcome });
      }
    },
  );
});

describe("given each limit", () => {
  it.each([
    ["a line", line, limits.maxFrameBytes, "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["a line, in bytes", twoByteLine, limits.maxFrameBytes, "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["the line of a frame", framed, limits.maxFrameBytes, "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["the attachments of a frame", attached, limits.maxFrameBytes, "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["attachments", counted, limits.maxAttachments, "IPC_FRAMING_TOO_MANY_ATTACHMENTS"],
  ])("takes one less and exactly as much of %s, and refuses one more", (_of, make, n, code) => {
    for (const [size, error] of [[n - 1], [n], [n + 1, code]] as const) {
      for (const { how, chunks } of cutBytes(Buffer.from(make(size)))) {
        const outcome = collectFrames(chunks, limits);
        expect([size, how, outcome.error]).toEqual([size, how, error]);
      }
    }
  });
});

describe("given a peer that wants memory", () => {
  it("refuses a gigabyte without a line feed at the limit", () => {
    const decoder = new FrameDecoder();
    const chunk = Buffer.alloc(64 * 1024, "x");
    let fed = 0;
    const feed = (): void => {
      for (; fed < 2 ** 30; fed += chunk.length) decoder.decode(chunk, new FrameCollector());
    };
    expect(feed).toThrow(expect.objectContaining({ code: "IPC_FRAMING_FRAME_TOO_LARGE" }));
    expect(fed).toBe(32 * 1024 * 1024);
    expect(decoder.bufferedBytes).toBe(0);
  });

  it.each(["*99999999999 a\n", "*33554432,1 a\n"])(
    "takes no memory for the announcement %j",
    (header) => {
      const work = countWork(() => {
        expect(collectFrames([Buffer.from(header)]).frames).toEqual([]);
      });
      expect(work.allocated).toBe(0);
    },
  );

  it("takes memory for an attachment only when its first byte is there", () => {
    const decoder = new FrameDecoder();
    const announce = countWork(() =>
      decoder.decode(Buffer.from("*1000000,1000000 a\n"), new FrameCollector()),
    );
    const begin = countWork(() => decoder.decode(Buffer.from("x"), new FrameCollector()));
    expect([announce.allocated, begin.allocated]).toEqual([0, 1_000_000]);
  });

  it.each([
    ["*1001", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*500,501", "IPC_FRAMING_FRAME_TOO_LARGE"],
    ["*0,0,0,0", "IPC_FRAMING_TOO_MANY_ATTACHMENTS"],
  ])("refuses %j at its last digit, not at the end of the header", (header, code) => {
    const decoder = new FrameDecoder(limits);
    decoder.decode(Buffer.from(header.slice(0, -1)), new FrameCollector());
    const lastDigit = Buffer.from(header.slice(-1));
    expect(() => decoder.decode(lastDigit, new FrameCollector())).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each([
    ["a line", `${"a".repeat(1001)}\n`, 1001],
    ["a text behind a header", `*900 ${"a".repeat(200)}\n`, 1100],
    ["attachments", "*500,501", 1001],
  ])(
    "names the limit of the whole frame, and all it knows of its length: %s",
    (_of, text, length) => {
      const decoder = new FrameDecoder(limits);
      expect(() => decoder.decode(Buffer.from(text), new FrameCollector())).toThrow(
        expect.objectContaining({ context: { limit: 1000, length } }),
      );
    },
  );

  it.each([
    ["* a\n", 1, 0x20],
    ["*10,0x a\n", 5, 0x78],
    ["*10,00 a\n", 5, 0x30],
    ["*1\n", 2, 0x0a],
  ])(
    "names the byte of the header %j, and its place, however it is cut",
    (text, position, byte) => {
      for (const { chunks } of cutBytes(Buffer.from(`*1 a\nx${text}`))) {
        const decoder = new FrameDecoder(limits);
        const sink = new FrameCollector();
        expect(() => {
          for (const chunk of chunks) decoder.decode(chunk, sink);
        }).toThrow(
          expect.objectContaining({
            code: "IPC_FRAMING_MALFORMED_HEADER",
            context: { position, byte },
          }),
        );
      }
    },
  );

  it("counts each frame by itself", () => {
    const frames = [600, 1, 998].map((bytes) => `*${bytes} a\n${"x".repeat(bytes)}`);
    for (const { how, chunks } of cutBytes(Buffer.from(frames.join("")))) {
      const outcome = collectFrames(chunks, limits);
      expect([how, outcome.frames.length, outcome.error]).toEqual([how, 3, undefined]);
    }
  });

  it("refuses a header that never ends at the byte that no legal one has", () => {
    const decoder = new FrameDecoder();
    decoder.decode(Buffer.from("*0,0"), new FrameCollector());
    const rest = Buffer.from(",0".repeat(100_000));
    expect(() => decoder.decode(rest, new FrameCollector())).toThrow(
      expect.objectContaining({ code: "IPC_FRAMING_TOO_MANY_ATTACHMENTS", context: { limit: 64 } }),
    );
  });
});

function line(bytes: number): string {
  return `${"a".repeat(bytes)}\n`;
}

function twoByteLine(bytes: number): string {
  return `${"a".repeat(bytes % 2)}${"é".repeat(bytes / 2)}\n`;
}

function framed(bytes: number): string {
  return `*900,90 ${"a".repeat(bytes - 990)}\n${"x".repeat(990)}`;
}

function attached(bytes: number): string {
  return `*${bytes - 1} a\n${"x".repeat(bytes - 1)}`;
}

function counted(count: number): string {
  return `*${Array(count).fill(0).join(",")} a\n`;
}
