import { describe, expect, it } from "vitest";
import { failureIn, ProtocolError } from "../src/index.ts";
import { relayPair } from "./relay-pair.ts";

describe("why a call was refused", () => {
  it.each([
    ["IPC_NO_HANDLER", `"a"`],
    ["IPC_INVALID_DATA", `"a": x: a text`],
    ["IPC_TOO_MANY_CALLS", undefined],
    ["IPC_RELAY_UNSUPPORTED", undefined],
  ] as const)("is told on: %s", (code, explanation) => {
    const pair = relayPair();
    const { client, server } = pair;
    client.invoke("a");
    pair.settle();
    server.session.calls.refuse(1, code, explanation);
    pair.settle();
    const [error] = client.failures;
    expect(failureIn(error ?? new Error("none"))).toEqual({ code, explanation });
  });

  it("is nothing that another error tells", () => {
    expect(failureIn(new Error("x"))).toBeUndefined();
    expect(failureIn(new ProtocolError("IPC_CALL_LOST", "peer", "x"))).toBeUndefined();
  });
});
