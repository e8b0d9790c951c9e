import { isDeepStrictEqual } from "node:util";
import { createServer, connect, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.set({ handshakeTimeout: 400 });
});

afterAll(() => scene.end());

/** Listens in the server's place, and says what it is told to each client that has spoken. */
async function squat(
  path: string,
  answer: (socket: Socket) => void,
): Promise<[Server, heard: Buffer[]]> {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
    socket.on("data", (chunk: Buffer) => heard.push(chunk));
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  return [server, heard];
}

const plainPreface = `{"ipc":[1],"role":"server","mode":"plain"}\n`;
const key = Buffer.alloc(32, 9).toString("base64");
const securePreface = `{"ipc":[1],"role":"server","mode":"secure","random":"${key}","share":"${key}"}\n`;
const welcome = `{"welcome":{"id":"AAECAwQFBgcICQoLDA0ODw","token":"x"}}\n`;

describe("a process that listens in the server's place", () => {
  it.each<[string, (socket: Socket) => void, code: string]>([
    ["says nothing", () => undefined, "IPC_HANDSHAKE_TIMEOUT"],
    ["speaks plaintext", (socket) => socket.write(plainPreface + welcome), "IPC_PEER_IS_PLAINTEXT"],
    [
      "guesses a proof",
      (socket) =>
        socket.write(
          Buffer.concat([Buffer.from(securePreface), Buffer.of(0x17, 0, 0, 65), Buffer.alloc(65)]),
        ),
      "IPC_AUTHENTICATION_FAILED",
    ],
    [
      "goes on in plaintext after its preface",
      (socket) => socket.write(securePreface + welcome),
      "IPC_NOT_IPC",
    ],
    [
      "sends a preface without an end",
      (socket) => socket.write(`{"ipc":[1],${" ".repeat(2000)}`),
      "IPC_NOT_IPC",
    ],
    [
      "announces a record of 64 KiB before its proof",
      (socket) =>
        socket.write(Buffer.concat([Buffer.from(securePreface), Buffer.of(0x17, 1, 0, 0)])),
      "IPC_AUTHENTICATION_FAILED",
    ],
    [
      "stops in the middle of its proof",
      (socket) =>
        socket.write(Buffer.concat([Buffer.from(securePreface), Buffer.of(0x17, 0, 0, 65, 1, 2)])),
      "IPC_HANDSHAKE_TIMEOUT",
    ],
  ])(
    "and %s, hears a preface and a refusal, and nothing of the client",
    async (_, answer, code) => {
      const path = await scene.newPath();
      const [server, heard] = await squat(path, answer);
      const client = scene.client(path, {
        name: "nightingale",
        version: "secret",
        handshakeTimeout: 300,
      });
      await expect(client.connect()).rejects.toMatchObject({ code });
      server.close();
      const refusal = { bye: { reason: reasons.get(code) ?? "authentication", error: code } };
      const said = await vi.waitFor(() => {
        const lines = Buffer.concat(heard).toString().trimEnd().split("\n");
        const values = lines.map((line): unknown => JSON.parse(line));
        expect(values.at(-1)).toEqual(refusal);
        return values;
      }, 60_000);
      // A client whose own loop was blocked dials again, on a busy machine.
      const prefaces = said.filter((one) => !isDeepStrictEqual(one, refusal));
      for (const preface of prefaces) {
        expect(Object.keys(preface as object)).toEqual([
          "ipc",
          "role",
          "mode",
          "limits",
          "features",
          "random",
          "share",
        ]);
      }
      expect(prefaces.length).toBeGreaterThan(0);
    },
  );

  it("for a while, silences no client that knows the server", async () => {
    const path = await scene.newPath();
    const [server, heard] = await squat(path, (socket) => socket.write(plainPreface + welcome));
    const client = scene.client(path, { reconnect: true });
    await expect(client.connect()).rejects.toMatchObject({ code: "IPC_PEER_IS_PLAINTEXT" });
    expect(Buffer.concat(heard).toString()).not.toContain("hello");
    server.close();
  });
});

const reasons = new Map([
  ["IPC_HANDSHAKE_TIMEOUT", "timed-out"],
  ["IPC_NOT_IPC", "violation"],
]);

/** Says the chunks, with a pause behind each, and answers what the server said and how long it took. */
async function attempt(chunks: readonly (string | Buffer)[], pause = 0): Promise<[string, number]> {
  const begin = performance.now();
  const socket = connect(scene.address);
  const said: Buffer[] = [];
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => said.push(chunk));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  let gone = false;
  void closed.then(() => (gone = true));
  for (const chunk of chunks) {
    if (gone) break;
    socket.write(chunk);
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await closed;
  return [Buffer.concat(said).toString("latin1"), performance.now() - begin];
}

describe("a connection that does not know the password", () => {
  const secureClient = securePreface.replace("server", "client");

  it.each<[string, () => Promise<[string, number]>, code: string, within: number]>([
    ["says nothing", () => attempt([]), "IPC_HANDSHAKE_TIMEOUT", 2_500],
    [
      "says a preface byte by byte, beyond the deadline",
      () => attempt(secureClient.split(""), 10),
      "IPC_HANDSHAKE_TIMEOUT",
      3_000,
    ],
    [
      "says a preface of more than 1,024 bytes",
      () => attempt([`{"ipc":[1],${" ".repeat(1100)}}\n`]),
      "IPC_NOT_IPC",
      3_000,
    ],
    [
      "announces 64 KiB before its proof",
      () => attempt([secureClient, Buffer.of(0x17, 1, 0, 0)]),
      "IPC_AUTHENTICATION_FAILED",
      3_000,
    ],
    [
      "sends half its proof",
      () => attempt([secureClient, Buffer.of(0x17, 0, 0, 65, 1, 2, 3)]),
      "IPC_HANDSHAKE_TIMEOUT",
      3_000,
    ],
    [
      "sends a hello in plaintext",
      () => attempt([secureClient, `{"hello":{"name":"x"}}\n`]),
      "IPC_NOT_IPC",
      3_000,
    ],
  ])("who %s is sent away in time", { retry: 2 }, async (_, run, code, within) => {
    // A write that meets the closed socket may lose the answer: then try again.
    const [said, took] = await run();
    expect(said.endsWith(`"error":"${code}"}}\n`)).toBe(true);
    expect(took).toBeLessThan(within);
  });

  it("a client that knows the password and stops in the middle of a record is ended by the heartbeat", async () => {
    const strict = await Scene.set({ heartbeatInterval: 150, heartbeatTimeout: 150 });
    const outcome = strict.talk({
      rewrite: (part, index, by) => {
        if (by === "server" || index < 3) return [part];
        return index === 3 ? [part.subarray(0, 9)] : [];
      },
    });
    await vi.waitFor(() => expect(strict.errors).toEqual(["IPC_HEARTBEAT_TIMEOUT"]), {
      timeout: 3_000,
    });
    expect((await outcome).heard).toEqual([]);
    await strict.end();
  });
});
