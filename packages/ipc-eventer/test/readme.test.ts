import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const readme = read("../README.md");
const folder = new URL("../examples/", import.meta.url);
const examples = readdirSync(folder).filter((name) => /\.(?:mjs|ts)$/.test(name));
let directory: string;
const printed: string[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "readme-test-"));
  vi.stubEnv("IPC_EVENTER_DIR", directory);
  vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
    printed.push(values.map((value) => JSON.stringify(value)).join(" "));
  });
});

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

describe("given the README", () => {
  it.each(examples)("shows %s as it is", (name) => {
    const language = name.endsWith(".ts") ? "ts" : "js";
    const program = readFileSync(new URL(name, folder), "utf8");
    expect(readme).toContain(`\`\`\`${language}\n${program}\`\`\``);
  });

  it.each(["server.mjs", "client.mjs"])("shows %s in the repository's README too", (name) => {
    const program = readFileSync(new URL(name, folder), "utf8");
    expect(read("../../../README.md")).toContain(`\`\`\`js\n${program}\`\`\``);
  });

  it("has a quick start whose two programs meet", async () => {
    await import(new URL("server.mjs", folder).href);
    await vi.waitFor(() => expect(printed).toContain('"serving my-app"'), 5_000);
    await import(new URL("client.mjs", folder).href);
    const echo = { text: "hello", bytes: { type: "Buffer", data: [1, 2, 3] } };
    await vi.waitFor(() => expect(printed).toContain(`"the echo:" ${JSON.stringify(echo)}`), 5_000);
    expect(printed).toContain('"Ada has connected"');
    expect(printed).toContain('"the server says: Welcome, Ada!"');
  });

  it("has an example of waiting for drain that loses nothing", async () => {
    await import(new URL("many-events.mjs", folder).href);
    expect(printed).toContain('"100000 lines have arrived"');
  });

  it("has an example of calls that succeed and fail", async () => {
    await import(new URL("calls.mjs", folder).href);
    expect(printed.slice(-5)).toEqual([
      "42",
      '"RangeError: by zero (DIVISOR, 1)"',
      '"IPC_CALL_TIMEOUT"',
      '"IPC_NO_HANDLER"',
      '"Ada"',
    ]);
  });

  it("has an example of a file that is copied, and of a reply that is a stream", async () => {
    await import(new URL("copy.mjs", folder).href);
    expect(printed.slice(-4)).toEqual([
      '"the copy is the same:" true',
      '"the server counts 1"',
      '"the server counts 2"',
      '"the server counts 3"',
    ]);
  });

  it("has an example of rooms, of a call of many, and of a client that reaches another", async () => {
    await import(new URL("rooms.mjs", folder).href);
    expect(printed.slice(-7).toSorted()).toEqual([
      '"Ada hears: coffee is ready"',
      '"Ada is fine"',
      '"Bob hears: Ada whispers: wake up"',
      '"Bob hears: the bell rings"',
      '"Bob is tired"',
      '"Cleo hears: the bell rings"',
      '"Cleo: IPC_NO_HANDLER"',
    ]);
  });

  it("has an example of clients that reach each other", async () => {
    await import(new URL("relay.mjs", folder).href);
    expect(printed.slice(-4)).toEqual([
      '"Ada to Bob: hello"',
      '"Bob answers" "42, dear Ada"',
      '"Bob is told" "IPC_RELAY_REFUSED"',
      '"Ada is told" "IPC_UNKNOWN_CLIENT"',
    ]);
  });

  it("has an example of a session that is recovered", async () => {
    await import(new URL("recovery.mjs", folder).href);
    expect(printed.slice(-4)).toEqual([
      '"recovered:" false',
      '"the server hears 1"',
      '"recovered:" true',
      '"the server hears 2"',
    ]);
  });

  it("has an example of a group in which one serves", async () => {
    await import(new URL("group.mjs", folder).href);
    expect(printed.slice(-2)).toEqual(['"server" "client" "first"', '"none" "server"']);
  });

  it("has an example of a typed contract", async () => {
    await import("../examples/contract.ts");
    expect(printed.slice(-3).toSorted()).toEqual([
      '"Ada: hello"',
      '"and so it is: 3.50"',
      '"the total is 3.50"',
    ]);
  });

  it("has an example of a server that looks at who and what comes in", async () => {
    await import(new URL("door.mjs", folder).href);
    expect(printed.slice(-3)).toEqual([
      '"The server refused the session: tell your version"',
      '"hello" "of" "2.0"',
      expect.stringMatching(/whose data does not fit: a text of less than 20/),
    ]);
  });

  it.each([
    ["../src/error.ts"],
    ["../../protocol/src/error.ts"],
    ["../../transport/src/transport-error.ts"],
  ])("explains every error code of %s", (file) => {
    const codes = read(file).match(/(?<=\| ")IPC_[A-Z_]+(?=")/g) ?? [];
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });

  it.each([
    ["../../protocol/src/limits.ts", /^ {2}(\w+): number;$/gm],
    ["../src/options.ts", /^ {2}(\w+)\?: /gm],
    ["../../protocol/src/close-reason.ts", /^ {2}"([a-z-]+)",$/gm],
  ])("explains every option, limit and reason of %s", (file, pattern) => {
    const names = [...read(file).matchAll(pattern)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
