import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type Acceptor, createNodeTransport, type Transport } from "./index.ts";
import { createFaults, createMemoryTransport } from "./testing.ts";

const acceptor: Acceptor = {
  handleConnection: () => undefined,
  handleError: () => undefined,
};

const transports: readonly [name: string, make: () => Transport][] = [
  ["createNodeTransport", () => createNodeTransport()],
  ["createMemoryTransport", () => createMemoryTransport()],
];

const takers: readonly [name: string, take: (options: object) => unknown, known: string][] = [
  ["createNodeTransport", (options) => createNodeTransport(options), "renewInterval"],
  ["createMemoryTransport", (options) => createMemoryTransport(options), "schedule"],
  ["createFaults", (options) => createFaults(options), "timer"],
  ...transports.flatMap(([name, make]): (typeof takers)[number][] => [
    [`listen of ${name}`, (options) => make().listen("x", acceptor, options), "directory"],
    [`dial of ${name}`, (options) => make().dial("x", options), "timeout"],
  ]),
];

describe("options", () => {
  it.each(takers)("that %s does not know are refused", async (_, take, known) => {
    const mistyped = `${known}s`;
    await expect(async () => take({ [mistyped]: 4 })).rejects.toMatchObject({
      code: "IPC_TRANSPORT_OPTION",
      message: expect.stringContaining(
        `has no option "${mistyped}". Did you mean "${known}"?`,
      ) as string,
    });
  });

  it.each(takers)("of %s are an object", async (_, take, known) => {
    for (const wrong of ["text", 5, [4], null, new Map(), Buffer.of(4)]) {
      await expect(async () => take(wrong as object)).rejects.toMatchObject({
        code: "IPC_TRANSPORT_OPTION",
        message: expect.stringContaining(known) as string,
      });
    }
  });

  it("may be of another realm", () => {
    const options = runInNewContext("({ renewInterval: 5 })") as object;
    expect(() => createNodeTransport(options)).not.toThrow();
  });

  it.each(transports)("out of range are refused by %s", async (_, make) => {
    const code = "IPC_TRANSPORT_OPTION";
    await expect(make().listen("x", acceptor, { backlog: 0 })).rejects.toMatchObject({ code });
    await expect(make().dial("x", { timeout: -1 })).rejects.toMatchObject({ code });
    const text = { writableAll: "no" as never };
    await expect(make().listen("x", acceptor, text)).rejects.toMatchObject({ code });
  });
});
