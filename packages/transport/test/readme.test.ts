import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import * as transport from "@ipc/transport";
import { record } from "./recorder.ts";
import { Supervisor } from "./supervisor.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = new URL("../examples/", import.meta.url);

const outputs: Record<string, string[]> = {
  "echo.mjs": ["client: hello", "server: a peer has left"],
  "faults.mjs": [
    "client: Cannot dial anywhere: the socket is there, and no server listens on it: its process ended without removing it. Start the server again. (ECONNREFUSED)",
    "server: goo",
    "server: d d",
    "server: ay",
    "server: the end",
    "server: goo",
    "server: d d",
    "server: Cannot talk over anywhere: the peer ended without reading everything that was sent. (ECONNRESET)",
  ],
  "one-server.mjs": ["EADDRINUSE", "ENOENT"],
  "stall.mjs": ["20 ms: 20 ms late", "1020 ms: 15 bytes wait", "1020 ms: after a silence"],
  "virtual-time.mjs": [
    "tick 1",
    "nothing happens by itself:",
    "tick 2",
    "each delivery is one task",
    "tick 3",
    "the end",
    "tick 4",
  ],
};

/** The error codes that a text names; IPC_EVENTER_DIR is a variable of the environment. */
function codesIn(text: string): string[] {
  return [...new Set(text.match(/IPC_(?!EVENTER_DIR)[A-Z_]+/gu))].toSorted();
}

describe("given the README", () => {
  const programs = readdirSync(examples);

  test.each(programs)("shows %s as it is", (name) => {
    expect(readme).toContain(`\`\`\`js\n${readFileSync(new URL(name, examples), "utf8")}\`\`\``);
  });

  test.each(programs.filter((name) => name !== "systemd.mjs"))(
    "shows what %s prints",
    async (name) => {
      const url = new URL(name, examples);
      const directory = mkdtempSync("/tmp/ipc-");
      const env = { ...process.env, IPC_EVENTER_DIR: directory };
      const options = { env, timeout: 60_000 };
      const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(url)], options);
      expect(stdout.trim().split("\n")).toEqual(outputs[name]);
      rmSync(directory, { recursive: true });
    },
  );

  test("shows a service that serves one client and leaves its socket to the next", async () => {
    const directory = mkdtempSync("/tmp/ipc-");
    const path = `${directory}/greeter.sock`;
    const supervisor = new Supervisor(path);
    for (let start = 0; start < 2; start++) {
      supervisor.start([fileURLToPath(new URL("systemd.mjs", examples))], { LISTEN_FDS: "1" });
      expect(await supervisor.line()).toBe("serving");
      const heard = record(await transport.createNodeTransport().dial(path));
      await heard.untilClosed();
      expect(heard.text).toBe("good day");
      expect(await supervisor.line()).toBe("ended");
    }
    await supervisor.end();
    rmSync(directory, { recursive: true });
  });

  test("names every error code, and no other", () => {
    const source = readFileSync(new URL("../src/errors.ts", import.meta.url), "utf8");
    expect(codesIn(readme)).toEqual(codesIn(source));
  });

  test("names every export", () => {
    const missing = Object.keys(transport).filter((name) => !readme.includes(name));
    expect(missing).toEqual([]);
  });
});
