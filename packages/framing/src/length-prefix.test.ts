import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { countWork } from "../test/count-work.ts";
import { cutBytes } from "../test/cut-bytes.ts";
import {
  encodeLengthPrefix,
  encodeLengthPrefixed,
  FramingError,
  LengthPrefixDecoder,
  type LengthPrefixDecoderOptions,
  type LengthPrefixFormat,
} from "./index.ts";

function collect(
  chunks: readonly Uint8Array[],
  options: LengthPrefixDecoderOptions,
): { payloads: string[]; error?: string } {
  const payloads: string[] = [];
  const decoder = new LengthPrefixDecoder(options);
  const sink = { handlePayload: (payload: Buffer) => payloads.push(payload.toString()) > 0 };
  try {
    for (const chunk of chunks) decoder.decode(chunk, sink);
    decoder.end();
  } catch (error) {
    if (error instanceof FramingError) return { payloads, error: error.code };
    throw error;
  }
  return { payloads };
}

const formats: readonly [string, LengthPrefixFormat][] = [
  ["4 bytes", {}],
  ["3 bytes", { lengthBytes: 3 }],
  ["2 bytes", { lengthBytes: 2 }],
  ["1 byte", { lengthBytes: 1 }],
  ["a prefix and 2 bytes", { prefix: Uint8Array.of(0x17, 3, 3), lengthBytes: 2 }],
];

describe.each(formats)("given a length of %s", (_title, format) => {
  const payloads = ["a", "", "b\nc", "x".repeat(255)];
  const encode = (texts: readonly string[]): Buffer =>
    Buffer.concat(texts.flatMap((text) => encodeLengthPrefixed(Buffer.from(text), format)));

  it("yields the same payloads however the bytes are cut", () => {
    for (const { how, chunks } of cutBytes(encode(payloads))) {
      expect({ how, ...collect(chunks, format) }).toEqual({ how, payloads });
    }
  });

  it("refuses a payload above the limit at the n-th byte of its length, and takes one at it", () => {
    for (const { how, chunks } of cutBytes(encode(["ab", "abc", "abcd", "a"]))) {
      expect({ how, ...collect(chunks, { ...format, maxPayloadBytes: 3 }) }).toEqual({
        how,
        payloads: ["ab", "abc"],
        error: "IPC_FRAMING_PAYLOAD_TOO_LARGE",
      });
    }
  });

  it("says when the bytes end inside a frame", () => {
    const bytes = encode(["a", "bc"]);
    for (let missing = 1; missing < encode(["bc"]).length; missing++) {
      for (const { how, chunks } of cutBytes(bytes.subarray(0, -missing))) {
        const outcome = { payloads: ["a"], error: "IPC_FRAMING_TRUNCATED" };
        expect({ how, ...collect(chunks, format) }).toEqual({ how, ...outcome });
      }
    }
  });
});

describe("given a prefix", () => {
  const prefix = Uint8Array.of(0x17, 3, 3);

  it("writes it before the length, which is big endian", () => {
    expect(encodeLengthPrefix(0x0102, { prefix, lengthBytes: 2 })).toEqual(
      Buffer.of(0x17, 3, 3, 1, 2),
    );
  });

  it.each([0, 1, 2])("refuses other bytes at position %i", (position) => {
    const bytes = Buffer.of(0x17, 3, 3, 0, 0, 0x17, 3, 3, 0, 0);
    bytes[5 + position] = 0x16;
    for (const { how, chunks } of cutBytes(bytes)) {
      const outcome = { payloads: [""], error: "IPC_FRAMING_PREFIX_MISMATCH" };
      expect({ how, ...collect(chunks, { prefix, lengthBytes: 2 }) }).toEqual({ how, ...outcome });
    }
  });

  it("keeps a copy of it", () => {
    const mine = Uint8Array.of(7);
    const decoder = new LengthPrefixDecoder({ prefix: mine });
    mine[0] = 8;
    decoder.decode(Buffer.of(7, 0, 0, 0, 0), { handlePayload: () => true });
  });
});

describe("given a payload length", () => {
  it.each([1, 2, 3, 4] as const)(
    "encodes what fits %i bytes, and refuses one more",
    (lengthBytes) => {
      const longest = 2 ** (8 * lengthBytes) - 1;
      expect(encodeLengthPrefix(longest, { lengthBytes })).toEqual(Buffer.alloc(lengthBytes, 0xff));
      for (const length of [longest + 1, -1, 0.5]) {
        expect(() => encodeLengthPrefix(length, { lengthBytes })).toThrow(
          expect.objectContaining({ code: "IPC_FRAMING_INVALID_OPTION" }),
        );
      }
    },
  );

  it("takes no memory until the first byte of the payload is there", () => {
    const decoder = new LengthPrefixDecoder();
    const sink = { handlePayload: () => true };
    const header = countWork(() => decoder.decode(encodeLengthPrefix(1_000_000), sink));
    const first = countWork(() => decoder.decode(Buffer.alloc(1), sink));
    expect([header.allocated, first.allocated]).toEqual([0, 1_000_000]);
    expect(decoder.bufferedBytes).toBe(1);
  });
});

describe("given a payload that lies whole in a chunk", () => {
  it("hands on a view and copies nothing", () => {
    const chunk = Buffer.concat(encodeLengthPrefixed(Buffer.from("abc")));
    let seen: Buffer | undefined;
    const { copied } = countWork(() => {
      new LengthPrefixDecoder().decode(chunk, {
        handlePayload: (payload) => {
          seen = payload;
          return false;
        },
      });
    });
    expect([copied, seen?.buffer === chunk.buffer]).toEqual([0, true]);
  });
});

describe("given a sink that answers false", () => {
  it("drops the rest", () => {
    const payloads: string[] = [];
    const decoder = new LengthPrefixDecoder({ lengthBytes: 1 });
    const sink = { handlePayload: (payload: Buffer) => payloads.push(String(payload)) < 2 };
    decoder.decode(Buffer.from("\x01a\x01b\x01c\x01"), sink);
    decoder.decode(Buffer.from("d"), sink);
    decoder.end();
    expect(payloads).toEqual(["a", "b"]);
  });
});
