import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const readme = read("../README.md");
const folder = new URL("../examples/", import.meta.url);
const examples = readdirSync(folder).filter((name) => /\.(?:mjs|ts)$/.test(name));
/** The two programs that need each other. */
const quickStart = ["server.mjs", "client.mjs"];

/** The last lines that an example prints; sorted where the words of several clients have no order. */
interface Outcome {
  readonly prints: readonly unknown[];
  readonly inAnyOrder?: boolean;
}

const outcomes: Readonly<Record<string, Outcome>> = {
  "many-events.mjs": { prints: ['"100000 lines have arrived"'] },
  "calls.mjs": {
    prints: [
      "42",
      '"RangeError: by zero (DIVISOR, 1)"',
      '"IPC_CALL_TIMEOUT"',
      '"IPC_NO_HANDLER"',
      '"Ada"',
    ],
  },
  "copy.mjs": {
    prints: [
      '"the copy is the same:" true',
      '"the server counts 1"',
      '"the server counts 2"',
      '"the server counts 3"',
    ],
  },
  "large-values.mjs": {
    prints: ['"answered first:" 42', '"bytes stored:" 41943040', '"the same comes back:" true'],
  },
  "rooms.mjs": {
    inAnyOrder: true,
    prints: [
      '"Ada hears: coffee is ready"',
      '"Ada is fine"',
      '"Bob hears: Ada whispers: wake up"',
      '"Bob hears: the bell rings"',
      '"Bob is tired"',
      '"Cleo hears: the bell rings"',
      '"Cleo: IPC_NO_HANDLER"',
    ],
  },
  "client-to-client.mjs": {
    prints: [
      '"Ada to Bob: hello"',
      '"Bob answers" "42, dear Ada"',
      '"leave is not for other clients"',
      '"no such client is connected"',
    ],
  },
  "recovery.mjs": {
    prints: [
      '"recovered:" false',
      '"the server hears 1"',
      '"recovered:" true',
      '"the server hears 2"',
    ],
  },
  "group.mjs": { prints: ['"server" "client" "first"', '"none" "server"'] },
  "contract.ts": {
    inAnyOrder: true,
    prints: ['"Ada: hello"', '"and so it is: 3.50"', '"the total is 3.50"'],
  },
  "door.mjs": {
    prints: [
      '"The server refused the session: \\"tell your version\\"." "NO_VERSION"',
      '"hello" "of" "2.0"',
      '"IPC_INVALID_DATA" "a text of less than 20 characters is wanted"',
    ],
  },
};

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

  it.each(quickStart)("shows %s in the repository's README too", (name) => {
    const program = readFileSync(new URL(name, folder), "utf8");
    expect(read("../../../README.md")).toContain(`\`\`\`js\n${program}\`\`\``);
  });

  it("has a quick start whose two programs meet", async () => {
    await import(new URL("server.mjs", folder).href);
    await vi.waitFor(() => expect(printed).toContain('"serving my-app"'), 60_000);
    await import(new URL("client.mjs", folder).href);
    const echo = { text: "hello", bytes: { type: "Buffer", data: [1, 2, 3] } };
    await vi.waitFor(
      () => expect(printed).toContain(`"the echo:" ${JSON.stringify(echo)}`),
      10_000,
    );
    expect(printed).toContain('"Ada has connected"');
    expect(printed).toContain('"the server says: Welcome, Ada!"');
  });

  it.each(examples.filter((name) => !quickStart.includes(name)))(
    "has the example %s, which runs",
    async (name) => {
      const { prints = [], inAnyOrder = false } = outcomes[name] ?? {};
      expect(prints.length).toBeGreaterThan(0);
      await import(new URL(name, folder).href);
      const last = printed.slice(-prints.length);
      expect(inAnyOrder ? last.toSorted() : last).toEqual(prints);
    },
  );

  it("names every export", () => {
    const lists = read("../src/index.ts").matchAll(/\{([^}]*)\}/g);
    const names = [...lists].flatMap(([, list = ""]) => list.match(/(?!type\b)\b\w+/g) ?? []);
    expect(names.length).toBeGreaterThan(50);
    const missing = names.filter((name) => !new RegExp(`\`${name}[\`<(]`).test(readme));
    expect(missing).toEqual([]);
  });

  it.each([
    ["../src/errors.ts"],
    ["../../protocol/src/error.ts"],
    ["../../transport/src/errors.ts"],
  ])("explains every error code of %s", (file) => {
    const codes = read(file).match(/(?<=\| ")IPC_[A-Z_]+(?=")/g) ?? [];
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });

  it.each([
    ["../../protocol/src/limits.ts", /^ {2}(\w+): number;$/gm],
    ["../src/options.ts", /^ {2}(\w+)\?: /gm],
    ["../../protocol/src/wire/bye.ts", /^ {2}"([a-z-]+)",$/gm],
  ])("explains every option, limit and reason of %s", (file, pattern) => {
    const names = [...read(file).matchAll(pattern)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
