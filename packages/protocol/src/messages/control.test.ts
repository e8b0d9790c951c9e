import { describe, expect, it } from "vitest";
import { encodeBye, encodePing, encodePong, parseControl } from "./control.ts";
import { JsonSerialization } from "../serialization/json-serialization.ts";
import { withInherited } from "../../test/with-inherited.ts";

function parse(line: string): unknown {
  return parseControl(JSON.parse(line), line, [], new JsonSerialization());
}

describe("a control message", () => {
  it("comes back as it was encoded", () => {
    expect(parse(encodePing(7))).toEqual({ type: "ping", time: 7 });
    expect(parse(encodePong(0))).toEqual({ type: "pong", time: 0 });
    expect(parse(encodeBye("kicked", "enough"))).toEqual({
      type: "bye",
      reason: "kicked",
      message: "enough",
    });
    const refusal = { code: "FULL", data: { until: [1, null] } };
    expect(parse(encodeBye("kicked", "enough", undefined, refusal))).toEqual({
      type: "bye",
      reason: "kicked",
      message: "enough",
      refusal,
    });
    expect(parse(encodeBye("requested", undefined))).toEqual({ type: "bye", reason: "requested" });
    expect(parse(`{"error":"IPC_X"}`)).toEqual({ type: "error", code: "IPC_X" });
  });

  it("carries 1,024 characters of a bye's message", () => {
    for (const length of [1023, 1024, 1025]) {
      const bye = parse(encodeBye("requested", "x".repeat(length)));
      expect(bye).toMatchObject({ message: "x".repeat(Math.min(length, 1024)) });
    }
    const message = "x".repeat(1025);
    expect(parse(JSON.stringify({ bye: { reason: "lost", message } }))).toMatchObject({
      message: "x".repeat(1024),
    });
  });

  it("has the members that were sent, whatever Object.prototype has been given", () => {
    const lines = [
      `{"hello":{"recovery":{}}}`,
      `{"welcome":{"id":"a","token":"b"}}`,
      `{"bye":{"reason":"kicked"}}`,
      `{"reply":{"id":1}}`,
      `{"reply":{"id":1,"failure":"IPC_NO_HANDLER"}}`,
      `{"reply":{"id":1,"error":{"name":"Error","message":"no","cause":{}}}}`,
      `{"stream":{"id":1,"credit":5}}`,
      `{"stream":{"id":1,"cancel":{}}}`,
    ];
    const names = ["cause", "code", "data", "end", "error", "errors", "failure", "id", "message"];
    names.push("name", "pid", "received", "recovery", "session", "stack", "value", "version");
    const inherited = Object.fromEntries(names.map((name) => [name, true]));
    const messages = withInherited(inherited, () => lines.map((line) => parse(line)));
    expect(messages).toEqual(lines.map((line) => parse(line)));
  });

  it.each([
    "{}",
    `{"ping":1,"pong":1}`,
    `{"ping":-1}`,
    `{"ping":1.5}`,
    `{"ping":"1"}`,
    `{"pong":9007199254740992}`,
    `{"bye":null}`,
    `{"bye":{}}`,
    `{"bye":"requested"}`,
    `{"bye":{"reason":"bored"}}`,
    `{"bye":{"reason":"kicked","received":[-1]}}`,
    `{"error":5}`,
    `{"nonsense":1}`,
    `{"__proto__":{"ping":1}}`,
    `{"constructor":1}`,
  ])("is a violation as %s", (line) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: "IPC_INVALID_MESSAGE" }));
  });
});
