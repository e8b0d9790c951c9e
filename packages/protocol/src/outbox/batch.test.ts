import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { type Batch, type BatchMessage, messagesIn } from "./batch.ts";

function only(line: string): BatchMessage | undefined {
  const chunks = [Buffer.from(line)];
  return [...messagesIn({ chunks, size: line.length, messages: 1 })][0];
}

describe("a message of a batch", () => {
  it.each([
    [`["tick"]\n`, "event", "tick", 0],
    [`["tick",[1,"x"]]\n`, "event", "tick", 0],
    [`["a \\"b\\" \\\\",1]\n`, "event", `a "b" \\`, 0],
    [`["€"]\n`, "event", "€", 0],
    [`*3,4 ["file",{"$bin":[0,"Buffer"]}]\n`, "event", "file", 0],
    [`[17,"call",5]\n`, "call", "", 17],
    [`*1 [3,"call"]\n`, "call", "", 3],
    [`{"reply":{"id":1}}\n`, "other", "", 0],
    [`{"cancel":1}\n`, "other", "", 0],
  ])("is told by its first bytes: %s", (line, kind, name, callId) => {
    expect(only(line)).toMatchObject({ kind, name, callId });
  });

  it("is counted as the limits do, without its header and LF", () => {
    expect(only(`["€"]\n`)?.extent).toEqual({ size: 7, attachments: 0 });
    const file = Buffer.from(`*3,10 ["f"]\n`);
    const batch: Batch = { chunks: [file, Buffer.alloc(13)], size: file.length + 13, messages: 1 };
    const [message] = messagesIn(batch);
    expect(message?.extent).toEqual({ size: 5 + 13, attachments: 2 });
  });
});

it("reads a run of lines back, whatever its chunks", () => {
  const chunks = [Buffer.from(`["a"]\n[1,"b"]\n`), `{"cancel":1}\n["ü",2]\n`];
  const messages = [...messagesIn({ chunks, size: 40, messages: 4 })];
  expect(
    messages.map(({ kind, name, callId, bytes }) => [kind, name, callId, String(bytes)]),
  ).toEqual([
    ["event", "a", 0, `["a"]\n`],
    ["call", "", 1, `[1,"b"]\n`],
    ["other", "", 0, `{"cancel":1}\n`],
    ["event", "ü", 0, `["ü",2]\n`],
  ]);
});
