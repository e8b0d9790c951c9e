import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Receipts } from "../delivery/receipts.ts";
import { EventEncoder } from "./event-encoder.ts";
import { EventReader } from "./event-reader.ts";
import { Inbox } from "../session/inbox.ts";
import { defaultLimits } from "../limits.ts";
import { JsonSerialization } from "../serialization/json-serialization.ts";
import type { SessionSink } from "../session-sink.ts";
import { Streams } from "../streams/streams.ts";

interface Reading {
  /** Events, calls, and what was thrown, as they came of each line. */
  read(line: string): unknown[];
}

const ignore = (): void => undefined;

function reading(): Reading {
  const inbox = new Inbox();
  const serialization = new JsonSerialization();
  const encoder = new EventEncoder(defaultLimits, serialization);
  let seen: unknown[] = [];
  const sink: SessionSink = {
    handleHello: ignore,
    handleWelcome: ignore,
    handleEvent: (...event) => seen.push(event),
    handleCall: ignore,
    handleCancel: ignore,
    handleReply: ignore,
    handleClosed: ignore,
  };
  const reader = new EventReader(serialization, {
    inbox,
    receipts: new Receipts(),
    streams: new Streams({ limits: defaultLimits, encoder, inbox, carrier: undefined }),
    exchange: { handleCall: (...call) => seen.push(call), handleUnreadable: ignore },
    dialogue: { handleControl: () => true },
  });
  reader.accepts = "calls";
  inbox.open();
  return {
    read(line) {
      seen = [];
      try {
        reader.read(line, [], 0);
      } catch (error) {
        seen.push(String(error));
      }
      inbox.deliver(sink, false);
      return seen;
    },
  };
}

const names = ["tick", "tock", "", 'a"b', "a\\b", "a,b", "error", "ipc:x", "é"];
const line = fc.oneof(
  fc.tuple(fc.constantFrom(...names), fc.jsonValue()).map((event) => JSON.stringify(event)),
  fc.tuple(fc.constantFrom(...names)).map((event) => JSON.stringify(event)),
  fc.tuple(fc.nat(), fc.constantFrom(...names), fc.jsonValue()).map((call) => JSON.stringify(call)),
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
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const reader = reading();
        for (const one of lines) {
          expect(reader.read(one)).toEqual(reading().read(one));
        }
      }),
      { numRuns: 300 },
    );
  });
});
