import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { halves, openAll } from "../test/channel-halves.ts";
import { codeOf } from "../test/code-of.ts";
import { bodiesOf } from "../test/handshake-pair.ts";
import { MAX_RECORD_BODY, MAX_RECORD_CONTENT } from "./record.ts";

describe("sealing what a session has at the end of a tick", () => {
  it("gives back the joined chunks on the other side, whatever their kinds and sizes", () => {
    const small = fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array({ maxLength: 300 }));
    const large = fc
      .integer({ min: 10_000, max: 150_000 })
      .chain((length) =>
        fc.constantFrom<string | Uint8Array>(
          Buffer.alloc(length, "binary"),
          "é".repeat(length),
          "a".repeat(length),
        ),
      );
    const { sealer, opener } = halves();
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: small }, { weight: 1, arbitrary: large })),
        (chunks) => {
          const expected = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string)));
          expect(openAll(opener, sealer.seal(chunks)).equals(expected)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("puts all small chunks into one record", () => {
    const { sealer } = halves();
    expect(bodiesOf(sealer.seal(Array.from({ length: 500 }, () => '["tick",1]\n')))).toHaveLength(
      1,
    );
  });

  it("gives a small record as one buffer, for one write", () => {
    const { sealer } = halves();
    expect(sealer.seal(["one", "two"])).toHaveLength(1);
  });

  it("gives nothing to write for nothing to seal", () => {
    const { sealer } = halves();
    expect(sealer.seal([])).toEqual([]);
    expect(sealer.seal(["", new Uint8Array(0)])).toEqual([]);
  });

  it("begins a second record at 64 KiB and one byte", () => {
    for (const make of [
      (length: number) => [Buffer.alloc(length)],
      (length: number) => ["a".repeat(length)],
      (length: number) => ["é".repeat(length / 2), "a".repeat(length % 2)],
      (length: number) => Array.from({ length }, () => "a"),
      (length: number) => [Buffer.alloc(length - 15_000).toString(), Buffer.alloc(15_000)],
    ]) {
      const { sealer, opener } = halves();
      for (const [length, records] of [
        [MAX_RECORD_CONTENT - 1, 1],
        [MAX_RECORD_CONTENT, 1],
        [MAX_RECORD_CONTENT + 1, 2],
      ] as const) {
        const written = sealer.seal(make(length));
        expect(bodiesOf(written)).toHaveLength(records);
        expect(openAll(opener, written)).toHaveLength(length);
      }
    }
  });

  it("never makes a record larger than the limit", () => {
    const { sealer } = halves();
    const bodies = bodiesOf(sealer.seal(["head", Buffer.alloc(300_000), "x".repeat(70_000)]));
    for (const body of bodies) expect(body.length).toBeLessThanOrEqual(MAX_RECORD_BODY);
  });

  it("neither keeps nor changes a large byte array", () => {
    const { sealer, opener } = halves();
    const bytes = Buffer.alloc(200_000, "payload");
    const before = Buffer.from(bytes);
    const written = sealer.seal([bytes]);
    expect(bytes.equals(before)).toBe(true);
    bytes.fill(0);
    expect(openAll(opener, written).equals(before)).toBe(true);
  });

  it("writes a lone surrogate as U+FFFD, as every UTF-8 encoder does", () => {
    const { sealer, opener } = halves();
    expect(openAll(opener, sealer.seal(["\ud800"])).toString()).toBe("\ufffd");
  });
});

describe("updating the key", () => {
  it("happens before the last record a key may seal, and the opener follows", () => {
    const { sealer, opener } = halves({ recordsPerKey: 3 });
    const perSeal: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const written = sealer.seal([`message ${i}`]);
      perSeal.push(bodiesOf(written).length);
      expect(openAll(opener, written).toString()).toBe(`message ${i}`);
    }
    expect(perSeal.slice(0, 7)).toEqual([1, 1, 2, 1, 2, 1, 2]);
  });

  it("happens before the first record that follows the byte limit", () => {
    for (const [before, records] of [
      [999, 1],
      [1000, 2],
      [1001, 2],
    ] as const) {
      const { sealer, opener } = halves({ bytesPerKey: 1000 });
      openAll(opener, sealer.seal([Buffer.alloc(before)]));
      const written = sealer.seal(["next"]);
      expect(bodiesOf(written)).toHaveLength(records);
      expect(openAll(opener, written).toString()).toBe("next");
    }
  });

  it("happens in the middle of a large byte array as well", () => {
    const { sealer, opener } = halves({ recordsPerKey: 2 });
    const bytes = Buffer.alloc(5 * MAX_RECORD_CONTENT, "abc");
    const written = sealer.seal([bytes]);
    expect(bodiesOf(written)).toHaveLength(9);
    expect(openAll(opener, written).equals(bytes)).toBe(true);
  });

  it("takes limits down to 2 records and 1 byte and up to 2^20 records and 1 GiB", () => {
    for (const policy of [
      { recordsPerKey: 1 },
      { recordsPerKey: 2 ** 20 + 1 },
      { recordsPerKey: 2.5 },
      { bytesPerKey: 0 },
      { bytesPerKey: 2 ** 30 + 1 },
    ]) {
      expect(codeOf(() => halves(policy))).toBe("IPC_LIMIT_INVALID");
    }
    for (const policy of [
      { recordsPerKey: 2 },
      { recordsPerKey: 2 ** 20 },
      { bytesPerKey: 1 },
      { bytesPerKey: 2 ** 30 },
    ]) {
      expect(codeOf(() => halves(policy))).toBe("no error");
    }
  });
});

describe("preparing the next record", () => {
  it("changes no byte of what is sealed, however often and whenever it is done", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 40 }), (times) => {
        const { sealer, opener } = halves({ recordsPerKey: 4 });
        const { sealer: unprepared } = halves({ recordsPerKey: 4 });
        for (const [i, count] of times.entries()) {
          for (let n = 0; n < count; n++) sealer.prepare();
          const chunks = i % 5 === 4 ? [Buffer.alloc(150_000, i)] : [`message ${i}`];
          const written = Buffer.concat(sealer.seal(chunks));
          expect(written.equals(Buffer.concat(unprepared.seal(chunks)))).toBe(true);
          for (let n = 0; n < count; n++) opener.prepare();
          openAll(opener, [written]);
        }
        sealer.prepare();
        expect(sealer.close()).toEqual(unprepared.close());
      }),
      { numRuns: 50 },
    );
  });

  it("does nothing once the keys are gone", () => {
    const { sealer } = halves();
    sealer.prepare();
    sealer.close();
    sealer.prepare();
    expect(codeOf(() => sealer.seal(["late"]))).toBe("IPC_CHANNEL_CLOSED");
    const { sealer: dropped } = halves();
    dropped.prepare();
    dropped.drop();
    dropped.prepare();
    expect(codeOf(() => dropped.seal(["late"]))).toBe("IPC_CHANNEL_CLOSED");
  });
});

describe("closing", () => {
  it("says so to the opener, and seals nothing afterwards", () => {
    const { sealer, opener } = halves();
    openAll(opener, [sealer.close()]);
    expect(opener.closed).toBe(true);
    expect(codeOf(() => sealer.seal(["late"]))).toBe("IPC_CHANNEL_CLOSED");
    expect(codeOf(() => sealer.close())).toBe("IPC_CHANNEL_CLOSED");
  });

  it("without a word is dropping", () => {
    const { sealer } = halves();
    sealer.drop();
    expect(codeOf(() => sealer.seal(["late"]))).toBe("IPC_CHANNEL_CLOSED");
  });
});
