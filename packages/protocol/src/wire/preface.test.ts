import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { defaultLimits, prefaceBytes } from "../limits.ts";
import { encodePreface, parsePreface, PrefaceReader } from "./preface.ts";
import { withInherited } from "../../test/with-inherited.ts";

function parse(members: unknown): unknown {
  return parsePreface(Buffer.from(JSON.stringify(members)), "server", "plain");
}

function declaring(message: number, attachments: number): unknown {
  return code({ ...least, limits: { message, attachments } });
}

const least = { ipc: [1], role: "client", mode: "plain" };
const parsed = { version: 1, role: "client", mode: "plain" };

function code(members: unknown): unknown {
  try {
    return parse(members);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

describe("a preface", () => {
  it("has the members that were sent, whatever Object.prototype has been given", () => {
    const inherited = {
      bye: 5,
      serialization: "other",
      limits: 5,
      message: 5,
      features: 5,
    };
    const members = { ...least, limits: {} };
    expect(withInherited(inherited, () => parse(members))).toEqual(parse(members));
  });

  it("comes back as it was encoded", () => {
    const line = Buffer.from(encodePreface("client", { limits: defaultLimits }).slice(0, -1));
    expect(parsePreface(line, "server", "plain")).toEqual({
      ...parsed,
      limits: { message: 33_554_432, attachments: 64, streams: 1_024 },
      features: ["recovery", "streams"],
    });
  });

  it("needs no more than version, role and mode, and ignores what it does not know", () => {
    expect(parse({ ...least, colour: "blue" })).toEqual({
      ...parsed,
      limits: { message: 33_554_432, attachments: 64, streams: 1_024 },
      features: [],
    });
  });

  it("lists versions, of which the highest common one holds", () => {
    expect(parse({ ...least, ipc: [3, 1, 2] })).toMatchObject({ version: 1 });
    expect(
      parse({ ...least, ipc: Array.from({ length: 16 }, (_, index) => index + 1) }),
    ).toMatchObject({ version: 1 });
  });

  it("may be a bye in its place", () => {
    const bye = { reason: "violation", error: "IPC_VERSION_MISMATCH" };
    expect(parse({ bye })).toEqual({ bye });
  });

  it("is refused if another version, a password or the same role speaks from it", () => {
    expect(code({ ...least, ipc: [2, 3] })).toBe("IPC_VERSION_MISMATCH");
    expect(code({ ...least, mode: "secure" })).toBe("IPC_PEER_REQUIRES_PASSWORD");
    expect(code({ ...least, role: "server" })).toBe("IPC_NOT_IPC");
  });

  it.each([
    [1],
    [null],
    [[]],
    [{}],
    [{ ...least, ipc: 1 }],
    [{ ...least, ipc: [] }],
    [{ ...least, ipc: ["1"] }],
    [{ ...least, ipc: [0] }],
    [{ ...least, ipc: [1.5] }],
    [{ ...least, ipc: Array.from({ length: 17 }, (_, index) => index + 1) }],
    [{ ...least, role: "peer" }],
    [{ ...least, mode: "open" }],
    [{ ...least, features: "all" }],
    [{ ...least, features: [1] }],
    [{ ...least, limits: 7 }],
    [{ ...least, limits: { message: "big" } }],
    [{ ...least, limits: null }],
  ])("is no preface of ours as %j", (members) => {
    expect(code(members)).toBe("IPC_NOT_IPC");
  });

  it("is no preface of ours as invalid JSON or UTF-8", () => {
    expect(() => parsePreface(Buffer.from("{]"), "server", "plain")).toThrow("not a JSON object");
    const bytes = Buffer.from(`{"ipc":[1],"x":"\u00e9"}`, "latin1");
    expect(() => parsePreface(bytes, "server", "plain")).toThrow("not a JSON object");
  });

  it("is refused with limits below the floor, and taken with limits at it", () => {
    expect(declaring(16_383, 0)).toBe("IPC_LIMITS_TOO_LOW");
    expect(declaring(16_384, -1)).toBe("IPC_LIMITS_TOO_LOW");
    expect(declaring(16_384, 0)).toMatchObject({ limits: { message: 16_384, attachments: 0 } });
    expect(declaring(16_385, 1)).toMatchObject({ limits: { message: 16_385, attachments: 1 } });
  });
});

function lineOf(length: number): Buffer {
  return Buffer.from(`{${" ".repeat(length - 3)}}\n`);
}

describe("PrefaceReader", () => {
  it("yields the same line however the bytes are cut", () => {
    const bytes = Buffer.from(`{"ipc":1}\nrest`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new PrefaceReader();
      const first = reader.read(bytes.subarray(0, cut));
      const taken = first === 0 ? cut + reader.read(bytes.subarray(cut)) : first;
      expect(taken).toBe(10);
      expect(reader.line.toString()).toBe(`{"ipc":1}\n`);
    }
  });

  it("takes a line of exactly the limit, whole and byte by byte", () => {
    expect(new PrefaceReader().read(lineOf(prefaceBytes))).toBe(prefaceBytes);
    expect(new PrefaceReader().read(lineOf(prefaceBytes - 1))).toBe(prefaceBytes - 1);
    const reader = new PrefaceReader();
    const answers = [...lineOf(prefaceBytes)].map((byte) => reader.read(Uint8Array.of(byte)));
    expect(answers.at(-1)).toBe(1);
    expect(reader.line).toEqual(lineOf(prefaceBytes));
  });

  it("refuses a line one byte longer, at the byte that shows it", () => {
    expect(() => new PrefaceReader().read(lineOf(prefaceBytes + 1))).toThrow("longer than 1024");
    const reader = new PrefaceReader();
    for (const byte of lineOf(prefaceBytes + 1).subarray(0, prefaceBytes - 1)) {
      expect(reader.read(Uint8Array.of(byte))).toBe(0);
    }
    expect(() => reader.read(Buffer.from("}"))).toThrow("longer than 1024");
  });

  it("refuses what does not begin as a preface at its first byte", () => {
    expect(() => new PrefaceReader().read(Buffer.from("G"))).toThrow(
      expect.objectContaining({ code: "IPC_NOT_IPC", blame: "peer" }),
    );
  });

  it("waits through empty chunks", () => {
    const reader = new PrefaceReader();
    expect(reader.read(Buffer.alloc(0))).toBe(0);
    expect(reader.line.length).toBe(0);
  });
});
