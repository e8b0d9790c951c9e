import { describe, expect, it } from "vitest";
import { encodePing, encodePong, parseControl } from "./control.ts";
import { JsonSerialization } from "../serialization/json-serialization.ts";
import { withInherited } from "../../test/with-inherited.ts";

function parse(line: string): unknown {
  return parseControl(JSON.parse(line), line, [], new JsonSerialization());
}

describe("a control message", () => {
  it("comes back as it was encoded", () => {
    expect(parse(encodePing(7))).toEqual({ type: "ping", time: 7 });
    expect(parse(encodePong(0))).toEqual({ type: "pong", time: 0 });
    expect(parse(`{"bye":{"reason":"requested"}}`)).toEqual({
      type: "bye",
      bye: { reason: "requested" },
    });
  });

  it("has the members that were sent, whatever Object.prototype has been given", () => {
    const lines = [
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
    `{"bye":{}}`,
    `{"error":"IPC_X"}`,
    `{"nonsense":1}`,
    `{"hello":{}}`,
    `{"welcome":{"id":"a","token":"b"}}`,
    `{"__proto__":{"ping":1}}`,
    `{"constructor":1}`,
  ])("is a violation as %s", (line) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: "IPC_INVALID_MESSAGE" }));
  });
});
