import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as protocol from "../src/index.ts";
import { Party } from "./party.ts";

const folder = new URL("../examples/", import.meta.url);
const readme = read("../README.md");
const wire = read("../WIRE.md");

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the documents", () => {
  it.each(readdirSync(folder))("show %s as it is", (name) => {
    expect(readme + wire).toContain(`\`\`\`js\n${read(`../examples/${name}`)}\`\`\``);
  });

  it("name every error code of this layer, and no other of its form", () => {
    const codes = [...read("../src/error.ts").matchAll(/^ {2}\| "(IPC_[A-Z0-9_]+)"/gm)].map(
      ([, code]) => code,
    );
    const table = [...readme.matchAll(/^\| `(IPC_[A-Z0-9_]+)`/gm)].map(([, code]) => code);
    expect(table).toEqual(codes);
  });

  it("name every export and every limit", () => {
    const names = [...Object.keys(protocol), ...Object.keys(protocol.defaultLimits)];
    expect(names.filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
  });
});

describe("the example of a driver", () => {
  it("carries a conversation in memory", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await import("../examples/memory-driver.mjs");
    const printed = log.mock.calls.map((words) =>
      words.map((word) => (typeof word === "string" ? word : JSON.stringify(word))).join(" "),
    );
    expect(printed.slice(0, 5)).toEqual([
      "server: hello of example",
      "server: greet hello",
      "client: thanks hello",
      "server: asked for add one",
      'client: add one {"sum":42}',
    ]);
    expect(printed.slice(5).toSorted()).toEqual([
      "client: closed, requested",
      "server: closed, requested",
    ]);
  });
});

describe.skipIf(process.platform === "win32")("the example of a raw client", () => {
  it("converses with a session over a real socket", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "ipc-protocol-"));
    const address = path.join(directory, "s");
    const party = new Party("server");
    const server = createServer((socket) => {
      socket.on("data", (chunk) => {
        party.feed(chunk);
        socket.write(party.takeBytes());
        if (party.phase === "closing") socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(address, resolve));
    const script = fileURLToPath(new URL("raw-client.mjs", folder));
    const { stdout } = await promisify(execFile)(process.execPath, [script, address]);
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true });
    expect(stdout.split("\n").map((line) => line.slice(0, 10))).toEqual([
      `{"ipc":[1]`,
      `{"welcome"`,
      "",
    ]);
    expect(party.events).toEqual([["greet", "hello"]]);
    party.disconnect();
    expect(party.end).toMatchObject({ reason: "requested", byPeer: true });
  });
});
