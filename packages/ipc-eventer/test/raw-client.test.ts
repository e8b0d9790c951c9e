import { execFile, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { hear } from "./hear.ts";
import { Program } from "./program.ts";
import { hello, preface } from "./raw-peer.ts";
import { TestPlace } from "./test-place.ts";
import type { IPCServer, IPCServerSocket } from "../src/index.ts";

const netcat = spawnSync("nc", ["-h"], { encoding: "utf8" });
const hasNetcat = /-U\b|\[-[a-zA-Z0-9]*U/.test(`${netcat.stdout ?? ""}${netcat.stderr ?? ""}`);

async function serveEcho(place: TestPlace): Promise<IPCServer> {
  const server = await place.serve();
  server.on("connected", (socket: IPCServerSocket) => {
    socket.on("echo", (data: unknown) => socket.emit("echo", data));
  });
  return server;
}

describe("without the library", () => {
  it("ten lines hold a conversation", async () => {
    const place = new TestPlace();
    const server = await serveEcho(place);
    const connected = hear(server, "connected");
    const over = hear(server, "disconnected");
    const program = new Program("raw-client.mjs", { args: [server.address ?? ""] });
    expect(((await connected) as IPCServerSocket).name).toBe("ten lines");
    await over;
    const { code, output } = await program.ended;
    expect(code).toBe(0);
    expect(output.split("\n")[2]).toBe('["echo",{"text":"hi"}]');
  });

  it.skipIf(!hasNetcat)("netcat holds a conversation", async () => {
    const place = new TestPlace();
    const { address = "" } = await serveEcho(place);
    const output = await new Promise<string>((resolve) => {
      const nc = execFile("nc", ["-U", address], { timeout: 10_000 }, (_error, stdout) =>
        resolve(stdout),
      );
      nc.stdin?.write(preface + hello);
      nc.stdout?.on("data", (text: string) => {
        if (text.includes("welcome")) nc.stdin?.write('["echo","by hand"]\n');
        if (text.includes("by hand")) nc.stdin?.end('{"bye":{"reason":"requested"}}\n');
      });
    });
    expect(output).toContain('["echo","by hand"]\n');
  });
});
