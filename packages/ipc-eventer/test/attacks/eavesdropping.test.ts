import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.set({ version: "7.7.7-secret" });
});

afterAll(() => scene.end());

/** The forms in which something said may lie in a capture. */
function formsOf(text: string): Buffer[] {
  const raw = Buffer.from(text);
  // Base64 depends on where the text begins among three bytes; the outer characters are its neighbours'.
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), raw]).toString("base64");
    return shifted.slice(shift === 0 ? 0 : shift + 1, -4);
  });
  // Fewer than five characters are found in random ones too.
  const texts = [raw.toString("hex"), ...base64].filter((form) => form.length >= 5);
  return [raw, ...texts.map((form) => Buffer.from(form))];
}

describe("a process that records an encrypted session", () => {
  it("finds nothing of names, ids, tokens, versions, events and data in it, nor of the password", async () => {
    const [proxy, path] = await scene.intercept();
    const client = scene.client(path, { name: "agent-nightingale", version: "1.2.3-hushhush" });
    const socket = await client.connect();
    const answered = new Promise((resolve) => client.once("answer", resolve));
    socket.emit("order", {
      treasure: "under the old oak tree",
      file: Buffer.from("binary-treasure-map"),
    });
    await answered;
    socket.userPing();
    await new Promise((resolve) => client.once("user-pong", resolve));
    await client.disconnect("goodbye-my-friend");
    const { captured } = proxy;
    expect(captured.length).toBeGreaterThan(600);
    const secrets = [
      "agent-nightingale",
      "1.2.3-hushhush",
      "7.7.7-secret",
      socket.id,
      '"token"',
      '"hello"',
      '"welcome"',
      "order",
      "answer",
      "treasure",
      "under the old oak tree",
      "binary-treasure-map",
      "goodbye-my-friend",
      "open sesame",
      `"pid":${process.pid}`,
      '"ping"',
    ];
    for (const secret of secrets) {
      for (const form of formsOf(secret)) {
        expect(captured.includes(form), `${secret} as ${form.toString()}`).toBe(false);
      }
    }
  });

  it("would find all of that in a session without a password", async () => {
    const open = await Scene.set({ password: undefined });
    const [proxy, path] = await open.intercept();
    await open.talkAt(path, { password: undefined, name: "agent-nightingale" });
    for (const text of ["agent-nightingale", "order", '"token"']) {
      expect(proxy.captured.includes(text)).toBe(true);
    }
    await open.end();
  });
});
