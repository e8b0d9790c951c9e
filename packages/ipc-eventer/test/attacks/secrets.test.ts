import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { RecordOpener, RecordSealer } from "@ipc/crypto";
import { Scene } from "./scene.ts";

/** Everything that a log could show of a value. */
function shown(value: unknown): string {
  const options = { depth: Infinity, showHidden: true, getters: true } as const;
  return `${inspect(value, options)} ${JSON.stringify(value)} ${String(value)}`;
}

describe("what programs log", () => {
  it("holds neither the password, nor a key, nor a token", async () => {
    const diagnostics: unknown[] = [];
    const keep = (message: unknown): unknown => diagnostics.push(message);
    subscribe("ipc-eventer:error", keep);
    const scene = await Scene.set({ password: "pass-phrase-of-the-vault" });
    const password = "pass-phrase-of-the-vault";
    const seen: unknown[] = [scene.server];
    scene.server.on("connected", (...values: unknown[]) => seen.push(...values));
    scene.server.on("disconnected", (...values: unknown[]) => seen.push(...values));
    scene.server.on("error", (...values: unknown[]) => seen.push(...values));
    const [proxy, path] = await scene.intercept();
    const client = scene.client(path, { password });
    for (const event of ["connected", "connect", "disconnect", "disconnected", "error"]) {
      client.on(event, (...values: unknown[]) => seen.push(...values));
    }
    seen.push(client, await client.connect());
    await client.disconnect();
    await client.connect();
    await proxy.close();
    const guess = scene.client(undefined, { password: "wrong-guess-of-mine" });
    guess.on("error", (...values: unknown[]) => seen.push(...values));
    seen.push(guess, await guess.connect().catch((error: unknown) => error));
    await vi.waitFor(() => expect(diagnostics.length).toBeGreaterThan(1), 60_000);
    const text = [...seen, ...diagnostics].map(shown).join("\n");
    unsubscribe("ipc-eventer:error", keep);
    await scene.end();
    expect(text).not.toContain(password);
    expect(text).not.toContain("wrong-guess-of-mine");
    expect(text).not.toContain("token");
    // A token is an epoch of 8 and a MAC of 43 characters.
    expect(text).not.toMatch(/[\w-]{8}\.[\w-]{43}/);
    expect(text).not.toMatch(/(Secret|Private)KeyObject/);
  });

  it("holds no key of a session that is over: sealer and opener are dropped on both sides", async () => {
    const sealers = vi.spyOn(RecordSealer.prototype, "drop");
    const openers = vi.spyOn(RecordOpener.prototype, "drop");
    const scene = await Scene.set();
    await scene.talkAt();
    await vi.waitFor(() => {
      expect(new Set(sealers.mock.contexts).size).toBe(2);
      expect(new Set(openers.mock.contexts).size).toBe(2);
    }, 10_000);
    for (const sealer of sealers.mock.contexts as RecordSealer[]) {
      expect(() => sealer.seal(["more"])).toThrowError(
        expect.objectContaining({ code: "IPC_CHANNEL_CLOSED" }),
      );
    }
    for (const opener of openers.mock.contexts as RecordOpener[]) {
      expect(() => opener.open(Buffer.alloc(20))).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/CLOSED|UNEXPECTED/) as unknown }),
      );
    }
    vi.restoreAllMocks();
    await scene.end();
  });
});
