import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { FrameDecoder, type FrameSink, isFramingError, LengthPrefixDecoder } from "./index.ts";

function sinkOf(handleLine: FrameSink["handleLine"]): FrameSink {
  return { handleLine };
}

function caught(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("given a sink that answers false", () => {
  it.each([
    ["to a line of many", "a\nstop\nb\n"],
    ["to a line with attachments", "a\n*1 stop\nxb\n"],
    ["to a line that was cut", "a\nst", "op\nb\n"],
  ])("drops the rest, and all that follows: %s", (_title, ...chunks) => {
    const seen: string[] = [];
    const decoder = new FrameDecoder();
    const sink = sinkOf((text) => seen.push(text) > 0 && text !== "stop");
    for (const chunk of [...chunks, "c\n", "\n\n"]) decoder.decode(Buffer.from(chunk), sink);
    decoder.end();
    expect(seen).toEqual(["a", "stop"]);
    expect(decoder.bufferedBytes).toBe(0);
  });
});

describe("given a decoder that failed", () => {
  it("throws the same error again, whatever is called", () => {
    const decoder = new FrameDecoder();
    const sink = sinkOf(() => true);
    const first = caught(() => decoder.decode(Buffer.from("\n"), sink));
    expect(isFramingError(first, "IPC_FRAMING_EMPTY_LINE")).toBe(true);
    expect(caught(() => decoder.decode(Buffer.from("a\n"), sink))).toBe(first);
    expect(caught(() => decoder.end())).toBe(first);
  });

  it("takes an error of the sink for its own end", () => {
    const decoder = new FrameDecoder();
    const failure = new Error("the sink failed");
    const sink = sinkOf(() => {
      throw failure;
    });
    expect(caught(() => decoder.decode(Buffer.from("a\n"), sink))).toBe(failure);
    expect(caught(() => decoder.decode(Buffer.from("b\n"), sink))).toBe(failure);
  });
});

describe("given a decoder that was ended", () => {
  it("takes no more bytes", () => {
    const decoder = new FrameDecoder();
    decoder.end();
    decoder.end();
    expect(
      caught(() =>
        decoder.decode(
          Buffer.from("a\n"),
          sinkOf(() => true),
        ),
      ),
    ).toMatchObject({
      code: "IPC_FRAMING_MISUSE",
      context: { reason: "decode-after-end" },
    });
  });
});

describe("given a sink that calls back into its decoder", () => {
  it("refuses decode and end", () => {
    const decoder = new FrameDecoder();
    const codes: unknown[] = [];
    const sink = sinkOf(() => {
      codes.push(caught(() => decoder.decode(Buffer.from("b\n"), sink)));
      codes.push(caught(() => decoder.end()));
      return true;
    });
    decoder.decode(Buffer.from("a\n"), sink);
    const misuse = { code: "IPC_FRAMING_MISUSE", context: { reason: "decode-within-decode" } };
    expect(codes).toMatchObject([misuse, misuse]);
  });

  it("takes new limits for what follows in the same chunk", () => {
    const long = "x".repeat(100);
    for (const text of [`hello\n${long}\n*1,1 ${long}\nab${long}\n`, `*1 hello\na${long}\n`]) {
      const seen: string[] = [];
      const decoder = new FrameDecoder({ maxFrameBytes: 10, maxAttachments: 1 });
      const sink = sinkOf((line) => {
        if (line === "hello") decoder.setLimits({ maxFrameBytes: 102, maxAttachments: 2 });
        return seen.push(line) > 0;
      });
      decoder.decode(Buffer.from(text), sink);
      decoder.end();
      expect(seen[1]).toBe(long);
    }
  });

  it("takes lower limits from the next chunk on at the latest", () => {
    const decoder = new FrameDecoder();
    const sink = sinkOf(() => true);
    decoder.decode(Buffer.from("a long line\n"), sink);
    decoder.setLimits({ maxFrameBytes: 5 });
    expect(caught(() => decoder.decode(Buffer.from("a long line\n"), sink))).toMatchObject({
      code: "IPC_FRAMING_FRAME_TOO_LARGE",
    });
  });

  it("takes lower limits in the middle of a frame", () => {
    const decoder = new FrameDecoder();
    const sink = sinkOf(() => true);
    decoder.decode(Buffer.from("*900 a"), sink);
    decoder.setLimits({ maxFrameBytes: 10 });
    expect(caught(() => decoder.decode(Buffer.from("b"), sink))).toMatchObject({
      code: "IPC_FRAMING_FRAME_TOO_LARGE",
      context: { limit: 10, length: 902 },
    });
  });
});

describe("given limits out of their range", () => {
  it.each([
    [{ maxFrameBytes: 0 }],
    [{ maxFrameBytes: 1.5 }],
    [{ maxFrameBytes: 2 ** 31 }],
    [{ maxAttachments: -1 }],
    [{ maxAttachments: 65_537 }],
    [{ maxAttachments: Number.NaN }],
  ])("refuses %o and keeps the former", (limits) => {
    const decoder = new FrameDecoder();
    const refusal: unknown = expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" });
    expect(() => decoder.setLimits(limits)).toThrow(refusal);
    expect(() => new FrameDecoder(limits)).toThrow(refusal);
    decoder.decode(
      Buffer.from("*1 a\nx"),
      sinkOf(() => true),
    );
  });

  it.each([[{ maxPayloadBytes: -1 }], [{ maxPayloadBytes: 256, lengthBytes: 1 as const }]])(
    "refuses %o for length prefixes",
    (options) => {
      expect(() => new LengthPrefixDecoder(options)).toThrow(
        expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
      );
    },
  );
});
