import { Buffer } from "node:buffer";
import { expect, it } from "vitest";
import { identify, toldName } from "./identify.ts";

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
  [`["ipc:to",["B","add",[40,2]]]\n`, "add"],
  [`["ipc:to",["B","add"]]\n`, "add"],
  [`["ipc:from",["A","a \\"b\\" \\\\","€ \\"c\\"",1]]\n`, `€ "c"`],
  [`["ipc:from",["A","","add"]]\n`, "add"],
  [`*3 ["ipc:from",["A","Ada","file",{"$bin":[0,"Buffer"]}]]\n`, "file"],
  [`*3 ["ipc:to",{"$bin":[0,"Buffer"]}]\n`, "ipc:to"],
  [`["ipc:to"]\n`, "ipc:to"],
  [`["ipc:not-relayed",["B","add","IPC_RELAY_REFUSED"]]\n`, "ipc:not-relayed"],
  [`[3,"ipc:to",["B","add"]]\n`, undefined],
  [`{"reply":{"id":1}}\n`, undefined],
])("of %s tells the application's name", (line, name) => {
  expect(toldName(Buffer.from(line))).toBe(name);
});
