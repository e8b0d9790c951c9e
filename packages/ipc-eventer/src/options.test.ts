import { mkdtempSync, rmSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { defaultLimits } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import { connectOrServe, IPCClient, type IPCClientOptions, IPCServer } from "./index.ts";
import { limitsOf } from "./options.ts";

type Make = (options: object) => IPCServer | IPCClient;

function makeServer(options: object): IPCServer {
  return new IPCServer("x", options);
}

function makeClient(options: object): IPCClient {
  return new IPCClient("x", options);
}

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
    ["name", `${"é".repeat(128)}x`],
    ["version", "€".repeat(86)],
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

  it.each<[Make, unknown, string]>([
    [
      makeServer,
      { pasword: "secret" },
      'IPCServer has no option "pasword". Did you mean "password"?',
    ],
    [
      makeClient,
      { Password: "secret" },
      'IPCClient has no option "Password". Did you mean "password"?',
    ],
    [makeClient, { reconnectIntervall: 1 }, 'Did you mean "reconnectInterval"?'],
    [
      makeServer,
      { reconnect: true },
      'IPCServer has no option "reconnect": it is one of IPCClient.',
    ],
    [makeClient, { recoveryWindow: 1 }, 'no option "recoveryWindow": it is one of IPCServer.'],
    [makeClient, { colour: "red" }, 'IPCClient has no option "colour". See the table of options.'],
    [makeServer, "secret", "takes its options as an object: new IPCServer(name, { password: … })."],
    [makeClient, "secret", "takes its options as an object: new IPCClient(name, { password: … })."],
    [makeServer, ["secret"], "takes its options as an object"],
    [makeServer, null, "takes its options as an object"],
    [makeServer, (): void => undefined, "takes its options as an object"],
    [makeServer, Buffer.from("secret"), "takes its options as an object"],
    [makeServer, { schemas: 5 }, "an object with a validator for each event, { say: schema }"],
    [makeServer, { schemas: [] }, "an object with a validator for each event, { say: schema }"],
    [makeClient, { schemas: { say: {} } }, 'The validator of "say" in the option schemas'],
    [makeServer, { schemas: { say: undefined } }, 'The validator of "say" in the option schemas'],
    [makeServer, { transport: {} }, "a carrier with the methods listen and dial"],
    [makeClient, { transport: "tcp" }, "a carrier with the methods listen and dial"],
    [makeClient, { directory: 5 }, "an absolute path as text, not a number"],
    [makeClient, { reconnect: "yes" }, "The option reconnect is true or false, not a string."],
    [makeServer, { sendStacks: 1 }, "The option sendStacks is true or false, not a number."],
  ])("refuses what would be ignored, and says what was meant: %o %o", (make, options, advice) => {
    const refusal: unknown = expect.objectContaining({
      code: "IPC_INVALID_OPTION",
      message: expect.stringContaining(advice) as string,
    });
    expect(() => make(options as object)).toThrow(refusal);
    expect(() => make(options as object)).not.toThrow("secret");
  });

  it.each([
    [{ servve: 1 }, 'connectOrServe has no option "servve". Did you mean "serve"?'],
    [{ mode: 0o666 }, "Give it to the server: { server: { mode: … } }."],
    [{ reconnectInterval: 5 }, "Give it to the client: { client: { reconnectInterval: … } }."],
    [{ client: { pasword: "secret" } }, 'Did you mean "password"?'],
  ])("refuses of connectOrServe what would be ignored: %o", async (mistake, advice) => {
    const directory = mkdtempSync("/tmp/ipc-");
    const settings = { directory, serve: (): void => undefined, connect: (): void => undefined };
    const server = new IPCServer("x", { directory });
    await server.start();
    try {
      await expect(connectOrServe("x", { ...settings, ...(mistake as object) })).rejects.toThrow(
        advice,
      );
    } finally {
      await server.stop();
      rmSync(directory, { recursive: true });
    }
  });

  it("may come from another realm, from a class, or from an object without a prototype", () => {
    class Settings {
      readonly name = "Ada";
      get version(): string {
        return "2.0";
      }
    }
    const foreign: unknown = runInNewContext("({ name: 'Ada' })");
    const bare: unknown = Object.assign(Object.create(null) as object, { name: "Ada" });
    for (const options of [foreign, new Settings(), bare]) {
      expect(makeClient(options as object).name).toBe("Ada");
    }
  });

  it("may have validators that are functions, as those of some libraries are", () => {
    const standard = { version: 1, vendor: "x", validate: () => ({ value: 1 }) };
    const say = Object.assign(() => 1, { "~standard": standard });
    expect(() => makeServer({ schemas: { say } })).not.toThrow();
  });

  it("takes what is just within bounds", () => {
    const client = new IPCClient("x", {
      name: "x".repeat(256),
      version: "é".repeat(128),
      handshakeTimeout: 2 ** 31 - 1,
      reconnectInterval: 2 ** 30 - 1,
      reconnectMaxInterval: 2 ** 30 - 1,
    });
    expect(client.name).toHaveLength(256);
  });

  it("says how long a label is that is too long, in the bytes that it takes on the wire", () => {
    expect(() => makeClient({ name: "é".repeat(129) })).toThrow(
      "The option name is a string of at most 256 bytes of UTF-8; this one takes 258.",
    );
    expect(() => makeServer({ version: 2 })).toThrow(
      "The option version is a string of at most 256 bytes of UTF-8.",
    );
  });

  it("copies the options, so that changing the object later changes nothing", () => {
    const options = { name: "before" };
    const client = new IPCClient("x", options);
    options.name = "after";
    expect(client.name).toBe("before");
  });
});
