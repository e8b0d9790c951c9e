import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Acks } from "../outbox/acks.ts";
import { MessageEncoder } from "./message-encoder.ts";
import { EventReader, EventOpenings, longestName, readData } from "./event-reader.ts";
import { Inbox, type SessionSink } from "../inbox.ts";
import { defaultLimits } from "../limits.ts";
import { JsonSerialization } from "../serialization/json-serialization.ts";
import { Streams } from "../streams/streams.ts";

interface Reading {
  /** Events, calls, and what was thrown, as they came of each line. */
  read(line: string): unknown[];
}

const ignore = (): void => undefined;

function reading(): Reading {
  const inbox = new Inbox();
  const serialization = new JsonSerialization();
  const encoder = new MessageEncoder(defaultLimits, serialization);
  let seen: unknown[] = [];
  const sink: SessionSink = {
    handleEvent: (...event) => seen.push(event),
    handleCall: ignore,
    handleCancel: ignore,
    handleReply: ignore,
    handleClosed: ignore,
  };
  const reader = new EventReader(serialization, {
    inbox,
    acks: new Acks(),
    streams: new Streams({ limits: defaultLimits, encoder, inbox, carrier: undefined }),
    calls: { handleCall: (...call) => seen.push(call), handleUnreadable: ignore },
    handleControl: () => true,
  });
  inbox.open();
  return {
    read(line) {
      seen = [];
      try {
        reader.read(line, []);
      } catch (error) {
        seen.push(String(error));
      }
      inbox.deliver(sink);
      return seen;
    },
  };
}

const anyName = ["tick", "tock", "", 'a"b', "a\\b", "a,b", "error", "ipc:x", "é"];
const anyLine = fc.oneof(
  fc.tuple(fc.constantFrom(...anyName), fc.jsonValue()).map((event) => JSON.stringify(event)),
  fc.tuple(fc.constantFrom(...anyName)).map((event) => JSON.stringify(event)),
  fc
    .tuple(fc.nat(), fc.constantFrom(...anyName), fc.jsonValue())
    .map((call) => JSON.stringify(call)),
  fc.constantFrom(
    '["tick",]',
    '["tick",1,2]',
    '["tick",1],["tick",2]',
    '["tick",[1]',
    '["tick",12',
    '["tick",1} ',
    ' ["tick",1]',
    '["tick" ,1]',
    '["tick", 1 ] ',
    '["t\\u0069ck",1]',
    '["tick",{"__proto__":1}]',
    "[",
    '["',
    '["tick"',
    '["tick",',
  ),
);

describe("an event reader", () => {
  it("reads each line as one that has read nothing before", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 30 }), (lines) => {
        const reader = reading();
        for (const one of lines) {
          expect(reader.read(one)).toEqual(reading().read(one));
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** A reader that has seen these events. */
function having(...names: string[]): EventOpenings {
  const openings = new EventOpenings();
  for (const name of names) openings.learn(JSON.stringify([name, null]), name);
  return openings;
}

describe("the opening of an event's line", () => {
  it("tells its name, once that was seen", () => {
    const openings = having("tick");
    expect(openings.find('["tick",1]')).toBe("tick");
    expect(openings.find('["tock",1]')).toBeUndefined();
    expect(openings.find('["tick"]')).toBeUndefined();
    expect(openings.find('["tick" ,1]')).toBeUndefined();
    expect(openings.find('["ticker",1]')).toBeUndefined();
    expect(openings.find("[")).toBeUndefined();
    expect(openings.find('["')).toBeUndefined();
    expect(openings.find('[1,"tick",2]')).toBeUndefined();
  });

  it("may belong to a name of any characters", () => {
    for (const name of ["", "é", "a,b", "],[", "🙂"]) {
      expect(having(name).find(JSON.stringify([name, 1]))).toBe(name);
    }
  });

  it("is not remembered of a name that is written with escapes", () => {
    for (const name of ['"', "\\", "\n", 'a","b', "\\u0041", '\\"']) {
      expect(having(name).find(JSON.stringify([name, 1]))).toBeUndefined();
    }
    const openings = new EventOpenings();
    openings.learn('["\\u0041",1]', "A");
    expect(openings.find('["\\u0041",1]')).toBeUndefined();
    expect(openings.find('["A",1]')).toBeUndefined();
  });

  it.each([
    [longestName - 1, true],
    [longestName, true],
    [longestName + 1, false],
  ])("of a name of %d characters: remembered is %s", (length, remembered) => {
    const name = "x".repeat(length);
    expect(having(name).find(`["${name}",1]`)).toBe(remembered ? name : undefined);
  });

  it("is forgotten for another in its place", () => {
    const names = Array.from({ length: 100 }, (_, index) => `event-${index}`);
    const openings = having(...names);
    const known = names.filter((name) => openings.find(`["${name}",1]`) === name);
    expect(known.length).toBeGreaterThan(0);
    expect(known.length).toBeLessThanOrEqual(16);
  });
});

describe("the data behind an opening", () => {
  it("is exactly one JSON value", () => {
    expect(readData('["e",{"a":[1]}]', "e")).toEqual({ a: [1] });
    expect(readData('["e", null ]', "e")).toBeNull();
    for (const line of ['["e",]', '["e",1,2]', '["e",1],["e",2]', '["e",[1]', '["e",1}', '["e",']) {
      expect(readData(line, "e")).toBeUndefined();
    }
  });
});
