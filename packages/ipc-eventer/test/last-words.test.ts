import { describe, expect, it } from "vitest";
import { IPCClient, IPCServer } from "../src/index.ts";
import { hear } from "./hear.ts";
import { Program } from "./program.ts";
import { TestPlace } from "./test-place.ts";

describe("what was emitted just before the end", () => {
  it("arrives whole when a client disconnects, whose process then ends", async () => {
    const place = new TestPlace();
    const server = new IPCServer("words", { directory: place.directory });
    await server.start();
    place.finally(() => server.stop());
    const words = hear(server, "words");
    const gone = hear(server, "disconnected");
    const program = new Program("last-words.mjs", {
      args: ["disconnect"],
      env: { PLACE: place.directory },
    });
    await expect(words).resolves.toBe("x".repeat(219_263));
    await gone;
    await expect(program.ended).resolves.toEqual({ code: 0, signal: null, output: "" });
  });

  it.each([
    ["stop", "server-closing"],
    ["kick", "kicked"],
  ])("arrives whole when a server ends by %s, whose process then ends", async (how, reason) => {
    const place = new TestPlace();
    const program = new Program("last-words.mjs", { args: [how], env: { PLACE: place.directory } });
    await program.report();
    const client = new IPCClient("words", { directory: place.directory });
    const words = hear(client, "words");
    const over = hear(client, "disconnect");
    await client.connect();
    await expect(words).resolves.toBe("x".repeat(219_263));
    await expect(over).resolves.toMatchObject({ reason, byPeer: true });
    await expect(program.ended).resolves.toEqual({ code: 0, signal: null, output: "" });
  });
});
