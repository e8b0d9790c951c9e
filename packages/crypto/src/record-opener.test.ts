import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { halves, openAll } from "../test/channel-halves.ts";
import { codeOf } from "../test/code-of.ts";
import { bodiesOf, bodyOf } from "../test/handshake-pair.ts";
import { MAX_RECORD_BODY, RECORD_TYPE, openRecord, recordHeader, sealRecord } from "./record.ts";
import { MAX_SHORT_KEYS, RecordOpener } from "./record-opener.ts";
import { MAX_RECORDS_PER_KEY, TrafficKey } from "./traffic-key.ts";

function key(): TrafficKey {
  return new TrafficKey(Buffer.alloc(48, 7));
}

/** Three records of one direction. */
function three(): [Buffer, Buffer, Buffer] {
  const { sealer } = halves();
  const seal = (text: string): Buffer => bodyOf(Buffer.concat(sealer.seal([text])));
  return [seal("first"), seal("second"), seal("third")];
}

describe("given an attacker on the stream", () => {
  it("refuses a record with one bit flipped, whichever it is", () => {
    const [first] = three();
    for (let bit = 0; bit < first.length * 8; bit++) {
      const changed = Buffer.from(first);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(codeOf(() => halves().opener.open(changed))).toBe("IPC_RECORD_CORRUPT");
    }
  });

  it("refuses a record that was shortened or lengthened, whose header would differ", () => {
    const [first] = three();
    for (const changed of [
      first.subarray(0, -1),
      first.subarray(1),
      Buffer.concat([first, Buffer.of(0)]),
    ]) {
      expect(codeOf(() => halves().opener.open(changed))).toBe("IPC_RECORD_CORRUPT");
    }
  });

  it("refuses a replayed, dropped, swapped, reflected or foreign record, and delivers nothing of it", () => {
    const [first, second, third] = three();
    const foreign = bodyOf(Buffer.concat(halves({}, 8).sealer.seal(["first"])));
    for (const [delivered, refused] of [
      [[first], first],
      [[first], third],
      [[], second],
      [[first, second], first],
      [[], foreign],
      [[first], foreign],
    ] as const) {
      const { opener } = halves();
      for (const body of delivered) opener.open(body);
      expect(codeOf(() => opener.open(refused))).toBe("IPC_RECORD_CORRUPT");
    }
  });

  it("stays failed after the first failure, with the same error", () => {
    const [first, second] = three();
    const { opener } = halves();
    let failure = new Error("none");
    try {
      opener.open(second);
    } catch (error) {
      failure = error as Error;
    }
    expect(failure).toMatchObject({ code: "IPC_RECORD_CORRUPT", blame: "peer" });
    expect(() => opener.open(first)).toThrow(failure);
    expect(() => {
      opener.end();
    }).toThrow(failure);
  });

  it("opens exactly the records that come in order, under any sequence of mutations", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.constantFrom("drop", "repeat", "swap", "flip"), fc.nat()), {
          maxLength: 3,
        }),
        (texts, mutations) => {
          const { sealer, opener } = halves({ recordsPerKey: 4 });
          const sent = bodiesOf(texts.flatMap((text) => sealer.seal([text])));
          const seen = [...sent];
          for (const [kind, where] of mutations) {
            const at = where % Math.max(1, seen.length);
            const body = seen[at];
            if (body === undefined) continue;
            if (kind === "drop") seen.splice(at, 1);
            if (kind === "repeat") seen.splice(at, 0, body);
            if (kind === "swap") seen.splice(at, 2, ...seen.slice(at, at + 2).toReversed());
            if (kind === "flip") seen[at] = Buffer.from(body.map((byte) => byte ^ 1));
          }
          const untouched = seen.findIndex((body, at) => !sent[at]?.equals(body));
          const good = untouched === -1 ? seen.length : untouched;
          for (const [at, body] of seen.entries()) {
            expect(codeOf(() => opener.open(body))).toBe(
              at < good ? "no error" : "IPC_RECORD_CORRUPT",
            );
            if (at >= good) break;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("given a stream that ends", () => {
  it("is truncated unless the peer has closed", () => {
    const { opener } = halves();
    expect(
      codeOf(() => {
        opener.end();
      }),
    ).toBe("IPC_TRUNCATED");
    const closed = halves();
    openAll(closed.opener, [closed.sealer.close()]);
    closed.opener.end();
    expect(closed.opener.closed).toBe(true);
  });

  it("stays truncated: no record is opened afterwards", () => {
    const [first] = three();
    const { opener } = halves();
    expect(
      codeOf(() => {
        opener.end();
      }),
    ).toBe("IPC_TRUNCATED");
    expect(codeOf(() => opener.open(first))).toBe("IPC_TRUNCATED");
  });

  it("refuses what follows the peer's close", () => {
    const { sealer, opener } = halves();
    openAll(opener, [sealer.close()]);
    const [first] = three();
    expect(codeOf(() => opener.open(first))).toBe("IPC_RECORD_UNEXPECTED");
  });
});

describe("given a peer with the right keys that breaks the rules", () => {
  it.each([
    ["a type that does not exist", 99, Buffer.alloc(0)],
    ["a Finished after the handshake", RECORD_TYPE.handshake, Buffer.alloc(48)],
    ["data without content", RECORD_TYPE.data, Buffer.alloc(0)],
    ["a key update with content", RECORD_TYPE.keyUpdate, Buffer.of(0)],
    ["another alert", RECORD_TYPE.alert, Buffer.of(2, 40)],
    ["an alert of the wrong length", RECORD_TYPE.alert, Buffer.of(1)],
  ])("refuses %s", (_name, type, content) => {
    const opener = new RecordOpener(key());
    expect(codeOf(() => opener.open(bodyOf(sealRecord(key(), type, content))))).toBe(
      "IPC_RECORD_UNEXPECTED",
    );
  });

  it("refuses data under the old key after an update", () => {
    const opener = new RecordOpener(key());
    const sender = key();
    opener.open(bodyOf(sealRecord(sender, RECORD_TYPE.keyUpdate, Buffer.alloc(0))));
    const record = bodyOf(sealRecord(sender, RECORD_TYPE.data, Buffer.from("old")));
    expect(codeOf(() => opener.open(record))).toBe("IPC_RECORD_CORRUPT");
  });

  it("takes a body of 17 and of 65,553 bytes, and refuses 16 and 65,554 before it decrypts", () => {
    for (const [length, code] of [
      [0, "IPC_RECORD_SIZE"],
      [16, "IPC_RECORD_SIZE"],
      [17, "IPC_RECORD_CORRUPT"],
      [MAX_RECORD_BODY - 1, "IPC_RECORD_CORRUPT"],
      [MAX_RECORD_BODY, "IPC_RECORD_CORRUPT"],
      [MAX_RECORD_BODY + 1, "IPC_RECORD_SIZE"],
    ] as const) {
      expect(codeOf(() => halves().opener.open(Buffer.alloc(length)))).toBe(code);
    }
  });
});

describe("the sequence number", () => {
  it("ends a key at 2^20 records", () => {
    const sender = key();
    for (let i = 0; i < MAX_RECORDS_PER_KEY - 1; i++) sender.skipForTesting();
    expect(sender.sequence).toBe(MAX_RECORDS_PER_KEY - 1);
    const last = bodyOf(sealRecord(sender, RECORD_TYPE.data, Buffer.from("last")));
    expect(codeOf(() => sealRecord(sender, RECORD_TYPE.data, Buffer.from("more")))).toBe(
      "IPC_SEQUENCE_EXHAUSTED",
    );
    const receiver = key();
    for (let i = 0; i < MAX_RECORDS_PER_KEY - 1; i++) receiver.skipForTesting();
    expect(openRecord(receiver, recordHeader(last.length), last).toString("latin1")).toBe(
      "last\x17",
    );
  });

  it("is not passed by a cipher made ahead, nor changed by one", () => {
    const sender = key();
    for (let i = 0; i < MAX_RECORDS_PER_KEY - 1; i++) sender.skipForTesting();
    sender.prepareCipher();
    expect(sender.sequence).toBe(MAX_RECORDS_PER_KEY - 1);
    sealRecord(sender, RECORD_TYPE.data, Buffer.from("last"));
    sender.prepareCipher();
    sender.prepareDecipher();
    expect(codeOf(() => sender.cipher())).toBe("IPC_SEQUENCE_EXHAUSTED");
    expect(codeOf(() => sender.decipher())).toBe("IPC_SEQUENCE_EXHAUSTED");
  });

  it.each(["skipForTesting", "update"] as const)(
    "takes a cipher made ahead with it: %s",
    (step) => {
      const [ahead, plain] = [key(), key()];
      ahead.prepareCipher();
      ahead[step]();
      plain[step]();
      const content = Buffer.from("next");
      expect(sealRecord(ahead, RECORD_TYPE.data, content)).toEqual(
        sealRecord(plain, RECORD_TYPE.data, content),
      );
    },
  );

  it("is part of the nonce: the same content twice gives different records", () => {
    const sender = key();
    const content = Buffer.from("same");
    expect(sealRecord(sender, RECORD_TYPE.data, content)).not.toEqual(
      sealRecord(sender, RECORD_TYPE.data, content),
    );
  });
});

describe("preparing the next record", () => {
  it("makes no difference to what is opened and what is refused", () => {
    const [first, second] = three();
    const { opener } = halves();
    opener.prepare();
    expect(opener.open(first).toString()).toBe("first");
    opener.prepare();
    opener.prepare();
    expect(codeOf(() => opener.open(first))).toBe("IPC_RECORD_CORRUPT");
    opener.prepare();
    expect(codeOf(() => opener.open(second))).toBe("IPC_RECORD_CORRUPT");
  });

  it("does nothing once the keys are gone", () => {
    const { opener } = halves();
    opener.prepare();
    opener.drop();
    opener.prepare();
    expect(codeOf(() => opener.open(three()[0]))).toBe("IPC_CHANNEL_CLOSED");
  });
});

describe("dropping", () => {
  it("leaves a half that opens nothing", () => {
    const [first] = three();
    const { opener } = halves();
    opener.drop();
    expect(codeOf(() => opener.open(first))).toBe("IPC_CHANNEL_CLOSED");
  });

  it("is what anything else that goes wrong leads to", () => {
    const { opener } = halves();
    const notBytes = { length: 40 } as Uint8Array;
    expect(() => opener.open(notBytes)).toThrow(TypeError);
    expect(codeOf(() => opener.open(three()[0]))).toBe("IPC_CHANNEL_CLOSED");
  });
});

function sealOne(sealing: TrafficKey, type: number, content: string): Buffer {
  return bodyOf(sealRecord(sealing, type, Buffer.from(content)));
}

function updates(count: number, dataEach = ""): Buffer[] {
  const sealing = key();
  return Array.from({ length: count }, () => {
    const data = dataEach === "" ? [] : [sealOne(sealing, RECORD_TYPE.data, dataEach)];
    const update = sealOne(sealing, RECORD_TYPE.keyUpdate, "");
    sealing.update();
    return [...data, update];
  }).flat();
}

describe("given a peer that updates its key again and again", () => {
  it.each(["", "x"])("takes 2,048 of them after %j, and refuses one more", (data) => {
    const opener = new RecordOpener(key());
    const bodies = updates(MAX_SHORT_KEYS + 1, data);
    for (const body of bodies.slice(0, -1)) opener.open(body);
    expect(codeOf(() => opener.open(bodies.at(-1) ?? Buffer.alloc(0)))).toBe(
      "IPC_RECORD_UNEXPECTED",
    );
  });

  it.each([
    [1_023, "IPC_RECORD_UNEXPECTED"],
    [1_024, "no error"],
  ])(
    "counts a key of %d records, the update among them, as the policy of a sender does",
    (records, code) => {
      const opener = new RecordOpener(key());
      for (const body of updates(MAX_SHORT_KEYS)) opener.open(body);
      const sealing = key();
      for (let count = 0; count < MAX_SHORT_KEYS; count++) sealing.update();
      for (let count = 1; count < records; count++) {
        opener.open(sealOne(sealing, RECORD_TYPE.data, "x"));
      }
      const update = sealOne(sealing, RECORD_TYPE.keyUpdate, "");
      expect(codeOf(() => opener.open(update))).toBe(code);
    },
  );

  it("takes any number that comes after enough content", () => {
    const opener = new RecordOpener(key());
    const bodies = updates(MAX_SHORT_KEYS + 2, "x".repeat(65_536)).map(
      (body) => opener.open(body).length,
    );
    expect(bodies.filter((length) => length === 65_536)).toHaveLength(MAX_SHORT_KEYS + 2);
  });
});
