import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
/** A preface as a client says it, for guessers that say nothing else. */
let preface: Buffer;

beforeAll(async () => {
  scene = await Scene.set();
  const [proxy, path] = await scene.intercept();
  await scene.talkAt(path);
  preface = proxy.parts.client[0] ?? Buffer.alloc(0);
});

afterAll(() => scene.end());

describe("guessing a password", () => {
  it("costs a token for each of 1,000 wrong ones, and an honest client gets in", async () => {
    await scene.renew();
    const begin = performance.now();
    let failed = 0;
    const ends = Array.from({ length: 1_000 }, async (_, count) => {
      await new Promise((resolve) => setTimeout(resolve, 2 * count));
      const guess = scene.client(undefined, { password: "a guess", handshakeTimeout: 300 });
      await guess.connect().catch(() => failed++);
    });
    await vi.waitFor(() => expect(failed).toBeGreaterThan(60), { timeout: 60_000 });
    const honest = scene.client(undefined, {
      reconnect: true,
      reconnectInterval: 20,
      reconnectMaxInterval: 50,
    });
    honest.on("error", () => undefined);
    // Measured: 600 ms. Fifty attempts wait at each moment, and share ten tokens a second.
    await honest.connect();
    await Promise.all(ends);
    const seconds = (performance.now() - begin) / 1_000;
    const answered = scene.errors.filter((code) => code === "IPC_AUTHENTICATION_FAILED").length;
    expect(failed).toBe(1_000);
    // The burst of the limiter, and ten for each second.
    expect(answered).toBeLessThanOrEqual(50 + 10 * seconds + 1);
  });

  it("costs the token also of a process that vanishes with the answer", async () => {
    const taken: boolean[] = [];
    const begin = performance.now();
    await scene.renew();
    scene.errors.length = 0;
    for (let count = 0; count < 80; count++) {
      const socket = connect(scene.address);
      socket.write(preface);
      const answer = once(socket, "data");
      const late = new Promise((resolve) =>
        setTimeout(resolve, count < 50 ? 20_000 : 20, undefined),
      );
      const [first] = ((await Promise.race([answer, late])) ?? []) as (Buffer | undefined)[];
      taken.push(first !== undefined && !first.toString().startsWith('{"bye"'));
      socket.destroy();
    }
    const answered = taken.filter(Boolean).length;
    expect(taken.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => true));
    const seconds = (performance.now() - begin) / 1_000;
    expect(answered).toBeLessThanOrEqual(50 + 10 * seconds + 1);
    // The server is told of each that was answered: it may have tested a password.
    await vi.waitFor(() => expect(scene.errors.length).toBeGreaterThanOrEqual(answered), 60_000);
    const known = ["IPC_PEER_GONE", "IPC_TOO_MANY_HANDSHAKES"];
    expect(scene.errors.filter((code) => !known.includes(code ?? ""))).toEqual([]);
  });
});
