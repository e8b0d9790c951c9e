import { defaultLimits } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import { IPCClient, type IPCClientOptions, IPCServer } from "./index.ts";
import { limitsOf } from "./options.ts";

describe("options", () => {
  it("leaves every limit at its default unless it is given", () => {
    expect(limitsOf({})).toEqual(defaultLimits);
    expect(limitsOf({ heartbeatInterval: 0, closeTimeout: undefined })).toEqual({
      ...defaultLimits,
      heartbeatInterval: 0,
    });
  });

  it.each([
    ["closeTimeout", Number.NaN],
    ["closeTimeout", -1],
    ["handshakeTimeout", Infinity],
    ["handshakeTimeout", 2 ** 31],
    ["heartbeatInterval", "15s"],
    ["heartbeatTimeout", null],
    ["maxQueuedBytes", -1],
    ["reconnectInterval", Number.NaN],
    ["reconnectInterval", -1],
    ["reconnectInterval", 2 ** 30],
    ["reconnectMaxInterval", Infinity],
    ["reconnectMaxInterval", 2 ** 30],
    ["name", 5],
    ["name", "x".repeat(257)],
    ["version", "x".repeat(257)],
  ])("refuses %s = %s when the object is made", (option, value) => {
    const options = { [option]: value } as IPCClientOptions;
    const refusal: unknown = expect.objectContaining({
      code: "IPC_INVALID_OPTION",
      message: expect.stringContaining(option) as string,
    });
    expect(() => new IPCClient("x", options)).toThrow(refusal);
    if (option.startsWith("reconnect") || option === "name") return;
    expect(() => new IPCServer("x", options)).toThrow(refusal);
  });

  it("takes what is just within bounds", () => {
    const client = new IPCClient("x", {
      name: "x".repeat(256),
      version: "x".repeat(256),
      handshakeTimeout: 2 ** 31 - 1,
      reconnectInterval: 2 ** 30 - 1,
      reconnectMaxInterval: 2 ** 30 - 1,
    });
    expect(client.name).toHaveLength(256);
  });

  it("copies the options, so that changing the object later changes nothing", () => {
    const options = { name: "before" };
    const client = new IPCClient("x", options);
    options.name = "after";
    expect(client.name).toBe("before");
  });
});
