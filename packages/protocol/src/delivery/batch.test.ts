import { Buffer } from "node:buffer";
import { expect, it } from "vitest";
import { eventNameOf, identify } from "./batch.ts";

it.each([
  [`["tick"]\n`, "tick"],
  [`["tick",[1,"x"]]\n`, "tick"],
  [`["a \\"b\\" \\\\",1]\n`, `a "b" \\`],
  [`["€"]\n`, "€"],
  [`*3,4 ["file",{"$bin":[0,"Buffer"]}]\n`, "file"],
  [`[17,"call",5]\n`, 17],
  [`*1 [3,"call"]\n`, 3],
  [`{"reply":{"id":1}}\n`, undefined],
  [`{"cancel":1}\n`, undefined],
])("tells what %s is", (line, what) => {
  expect(identify(Buffer.from(line))).toBe(what);
});

it.each([
  [`["tick",[1]]\n`, "tick"],
  [`*3 ["file",{"$bin":[0,"Buffer"]}]\n`, "file"],
  [`[3,"call"]\n`, undefined],
  [`{"reply":{"id":1}}\n`, undefined],
])("of %s tells the event's name", (line, name) => {
  expect(eventNameOf(Buffer.from(line))).toBe(name);
});
