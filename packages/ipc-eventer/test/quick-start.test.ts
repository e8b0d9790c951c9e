import { mkdtempSync, rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { Program } from "./program.ts";

describe("the two programs of the quick start, as processes of their own", () => {
  it("greet, echo, broadcast to the other, and come back after the server was killed", async () => {
    const IPC_EVENTER_DIR = mkdtempSync("/tmp/ipc-");
    onTestFinished(() => rmSync(IPC_EVENTER_DIR, { recursive: true }));
    const env = { IPC_EVENTER_DIR };

    // The client may well be first: its ENOENT is no error.
    const ada = new Program("quick-start-client.mjs", { args: ["Ada"], env });
    const server = new Program("quick-start-server.mjs", { env });
    await server.prints("listening on quick-start");
    await ada.prints("connected as Ada");
    await ada.prints("server says: Welcome, Ada!");
    await ada.prints("broadcast: Welcome, Ada!");
    await ada.prints("echo: Hello from client!");
    await server.prints("echo from Ada: Hello from client!");

    const bob = new Program("quick-start-client.mjs", { args: ["Bob"], env });
    await ada.prints("server says: Bob joined!");
    await ada.prints("broadcast: Bob joined!");
    await bob.prints("server says: Welcome, Bob!");
    await bob.prints("echo: Hello from client!");
    expect(bob.output).not.toContain("joined!");

    await server.crash();
    const successor = new Program("quick-start-server.mjs", { env });
    await successor.prints("listening on quick-start");
    const [line = ""] = /connected as Ada \(.+\)/.exec(ada.output) ?? [];
    await ada.prints(line, 2);
    await successor.prints(line.replace("connected as", "connected:"));
    await successor.prints("connected: Bob");

    bob.process.kill("SIGTERM");
    await successor.prints("disconnected: Bob");
    for (const { output } of [ada, bob, server, successor]) expect(output).not.toMatch(/error/i);
  });
});
