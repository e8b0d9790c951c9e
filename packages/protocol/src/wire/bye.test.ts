import { describe, expect, it } from "vitest";
import { ProtocolError } from "../error.ts";
import {
  type Bye,
  byeCode,
  encodeBye,
  encodeErrorBye,
  errorOfBye,
  isCount,
  parseBye,
  reasonOfCode,
} from "./bye.ts";

function parse(line: string): Bye {
  const { bye } = JSON.parse(line) as { bye: unknown };
  return parseBye(bye);
}

describe("a bye", () => {
  it("comes back as it was encoded", () => {
    const refusal = { code: "FULL", data: { until: [1, null] } };
    const byes: Bye[] = [
      { reason: "requested" },
      { reason: "kicked", message: "enough" },
      { reason: "kicked", message: "enough", refusal },
      { reason: "kicked", received: 5 },
      { reason: "violation", error: "IPC_INVALID_JSON" },
    ];
    for (const bye of byes) expect(parse(encodeBye(bye))).toEqual(bye);
  });

  it("carries 1,024 bytes of its message, and no part of a character", () => {
    for (const [text, kept] of [
      ["x".repeat(1_023), 1_023],
      ["x".repeat(1_024), 1_024],
      ["x".repeat(1_025), 1_024],
      ["é".repeat(512), 512],
      ["é".repeat(513), 512],
      [`x${"é".repeat(512)}`, 512],
      ["€".repeat(342), 341],
    ] as const) {
      expect(parse(encodeBye({ reason: "lost", message: text })).message).toBe(text.slice(0, kept));
      const line = JSON.stringify({ bye: { reason: "lost", message: text } });
      expect(parse(line).message).toBe(text.slice(0, kept));
    }
  });

  it("with a reason of a later version says that the peer gave up, and no more", () => {
    expect(parse('{"bye":{"reason":"bored"}}')).toEqual({
      reason: "violation",
      error: "IPC_REFUSED",
    });
    expect(parse('{"bye":{"reason":"bored","error":"IPC_LATER"}}')).toEqual({
      reason: "violation",
      error: "IPC_LATER",
    });
  });

  it.each([
    "null",
    "{}",
    '"requested"',
    '{"reason":5}',
    '{"reason":"kicked","error":5}',
    '{"reason":"kicked","received":[0]}',
    '{"reason":"kicked","received":-1}',
  ])("is a violation as %s", (value) => {
    expect(() => parse(`{"bye":${value}}`)).toThrow(
      expect.objectContaining({ code: "IPC_INVALID_MESSAGE" }),
    );
  });
});

describe("the bye over an error", () => {
  it("is one line with its reason and code", () => {
    expect(encodeErrorBye("IPC_NOT_IPC")).toBe(
      '{"bye":{"reason":"violation","error":"IPC_NOT_IPC"}}\n',
    );
  });

  it("carries the code of our errors, and none of foreign ones", () => {
    expect(byeCode(new ProtocolError("IPC_NOT_IPC", "peer", ""))).toBe("IPC_NOT_IPC");
    expect(byeCode(new Error("inner secrets"))).toBe("IPC_REFUSED");
    expect(byeCode(Object.assign(new Error("x"), { code: "ENOENT" }))).toBe("IPC_REFUSED");
  });

  it("says of us what we say of the peer", () => {
    expect(errorOfBye("IPC_VERSION_MISMATCH").code).toBe("IPC_VERSION_MISMATCH");
    expect(errorOfBye("IPC_PEER_IS_PLAINTEXT").code).toBe("IPC_PEER_REQUIRES_PASSWORD");
    expect(errorOfBye("IPC_PEER_REQUIRES_PASSWORD").code).toBe("IPC_PEER_IS_PLAINTEXT");
  });

  it("repeats a code, digits included, and nothing else that a peer may say", () => {
    const known = errorOfBye("IPC_FRAMING_INVALID_UTF8");
    expect(known.code).toBe("IPC_REFUSED");
    expect(known.context).toEqual({ refusal: "IPC_FRAMING_INVALID_UTF8" });
    const unknown = errorOfBye("\u001b[2Jrm -rf");
    expect(unknown.message).not.toContain("rm");
    expect(unknown.context).toEqual({});
  });

  it("has a close reason", () => {
    expect(reasonOfCode("IPC_HEARTBEAT_TIMEOUT")).toBe("timed-out");
    expect(reasonOfCode("IPC_SLOW_CONSUMER")).toBe("slow-consumer");
    expect(reasonOfCode("IPC_PEER_IS_PLAINTEXT")).toBe("authentication");
    expect(reasonOfCode("IPC_TOO_MANY_HANDSHAKES")).toBe("unavailable");
    expect(reasonOfCode("IPC_MIDDLEWARE_FAILED")).toBe("unavailable");
    expect(reasonOfCode("IPC_INVALID_JSON")).toBe("violation");
  });
});

it.each([
  [0, true],
  [2 ** 53 - 1, true],
  [2 ** 53, false],
  [-1, false],
  [0.5, false],
  ["0", false],
  [[0], false],
  [undefined, false],
])("takes %j for a number of messages: %s", (value, answer) => {
  expect(isCount(value)).toBe(answer);
});
