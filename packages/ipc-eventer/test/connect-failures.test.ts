import { rmSync, writeFileSync } from "node:fs";
import { TransportError } from "@ipc/transport";
import { describe, expect, it } from "vitest";
import { carrier } from "./carrier.ts";
import { hear, hearAll } from "./hear.ts";
import { leaveStaleSocket } from "./leave-stale-socket.ts";
import type { RawPeer } from "./raw-peer.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { endpoint, TestPlace } from "./test-place.ts";

describe("a connect that fails", () => {
  it.each([
    ["ENOENT", () => undefined, /Start the server/],
    ["ECONNREFUSED", leaveStaleSocket, /no server listens on it.*Start the server again/],
    [
      "IPC_NOT_A_SOCKET",
      (place: TestPlace) => {
        const path = `${place.directory}/${endpoint}.sock`;
        writeFileSync(path, "");
        place.finally(() => rmSync(path));
      },
      /is no socket/,
    ],
  ] as const)("rejects with %s, and says what to do", async (code, prepare, text) => {
    const place = new TestPlace();
    await prepare(place);
    const client = place.client();
    await expect(client.connect()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text) as string,
    });
    // And may be tried again.
    await expect(client.connect()).rejects.toMatchObject({ code });
    await client.disconnect();
  });

  it.each([
    [
      "IPC_VERSION_MISMATCH",
      '{"ipc":[2],"role":"server","mode":"plain"}\n',
      /wire version 2.*install the same version/,
    ],
    [
      "IPC_VERSION_MISMATCH",
      '{"bye":{"reason":"violation","error":"IPC_VERSION_MISMATCH"}}\n',
      /Install the same version/,
    ],
    [
      "IPC_PEER_REQUIRES_PASSWORD",
      '{"ipc":[1],"role":"server","mode":"secure"}\n',
      /give both the same/,
    ],
    ["IPC_NOT_IPC", "SSH-2.0-OpenSSH_9.6\r\n", /does not speak the ipc-eventer protocol/],
    ["IPC_NOT_IPC", "{nonsense}\n", /does not speak the ipc-eventer protocol/],
    [
      "IPC_NOT_IPC",
      `{"ipc":[1],"role":"client","mode":"plain"}\n`,
      /it is a client, as this side is/,
    ],
    ["IPC_NOT_IPC", `{${" ".repeat(2_000)}`, /longer than 1024 bytes/],
    [
      "IPC_LIMITS_TOO_LOW",
      '{"ipc":[1],"role":"server","mode":"plain","limits":{"message":5}}\n',
      /takes less/,
    ],
    ["IPC_INVALID_JSON", `${welcome.split("\n")[0]}\n{"welcome":\n`, /JSON/],
    ["IPC_INVALID_MESSAGE", `${welcome.split("\n")[0]}\n["early"]\n`, /other than its welcome/],
    ["IPC_INVALID_MESSAGE", `${welcome.split("\n")[0]}\n{"welcome":{}}\n`, /sent a welcome/],
    [
      "IPC_REFUSED",
      '{"bye":{"reason":"violation","error":"IPC_SOMETHING_NEW"}}\n',
      /IPC_SOMETHING_NEW/,
    ],
    ["IPC_REFUSED", '{"bye":{"reason":"violation","error":"<script>"}}\n', /unknown error/],
    [
      "IPC_SERVER_CLOSING",
      `${welcome.split("\n")[0]}\n{"bye":{"reason":"server-closing"}}\n`,
      /refused the session: server-closing/,
    ],
    [
      "IPC_REFUSED_BY_SERVER",
      `${welcome.split("\n")[0]}\n{"bye":{"reason":"kicked","message":"not you"}}\n`,
      /refused the session: "not you"/,
    ],
  ])("rejects with %s when the server says %j", async (code, line, text) => {
    const place = new TestPlace();
    await serveRaw(place, (peer) => {
      peer.say(line);
    });
    await expect(place.client().connect()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text) as string,
    });
  });

  it("rejects with IPC_PEER_GONE when the server hangs up", async () => {
    const place = new TestPlace();
    await serveRaw(place, (peer) => {
      peer.socket.end();
    });
    await expect(place.client().connect()).rejects.toMatchObject({ code: "IPC_PEER_GONE" });
  });

  it("rejects with IPC_HANDSHAKE_TIMEOUT when the server says nothing, and hangs up", async () => {
    const place = new TestPlace();
    const asked = new Promise<RawPeer>((resolve) => void serveRaw(place, resolve));
    const client = place.client({ handshakeTimeout: 100 });
    await expect(client.connect()).rejects.toMatchObject({
      code: "IPC_HANDSHAKE_TIMEOUT",
      message: expect.stringMatching(/Waited \d+ ms for its preface/) as string,
    });
    const peer = await asked;
    await peer.closed;
    expect(peer.text).toContain('{"bye":{"reason":"timed-out","error":"IPC_HANDSHAKE_TIMEOUT"}}\n');
  });

  it("tells a listener of error, and the promise need not be awaited", async () => {
    const place = new TestPlace();
    const client = place.client();
    for (const [options, code] of [
      [{}, "ENOENT"],
      [{ signal: AbortSignal.abort("enough") }, "IPC_ABORTED"],
    ] as const) {
      const told = hear(client, "error");
      void client.connect(options);
      await expect(told).resolves.toMatchObject({ code });
    }
    let dials = 0;
    const stubborn = place.client({
      reconnect: true,
      reconnectInterval: 1,
      transport: carrier((sockets) => ({
        // Whenever the second attempt is made, it is still under way at the timeout.
        dial: (...values) =>
          ++dials === 1 ? sockets.dial(...values) : new Promise(() => undefined),
      })),
    });
    const told = hearAll(stubborn, "error", 2);
    void stubborn.connect({ timeout: 1_000 });
    await expect(told).resolves.toMatchObject([
      [{ code: "ENOENT" }],
      [{ code: "IPC_CONNECT_TIMEOUT" }],
    ]);
  });

  it("is no reason to give up, under reconnect, when another user of the machine is the cause", async () => {
    const place = new TestPlace();
    await place.serve();
    let dials = 0;
    const client = place.client({
      reconnect: true,
      reconnectInterval: 1,
      transport: carrier((sockets) => ({
        dial: (...values) => {
          const code = (["IPC_WRONG_OWNER", "IPC_DIRECTORY_REFUSED"] as const)[dials];
          dials += 1;
          if (code === undefined) return sockets.dial(...values);
          return Promise.reject(new TransportError(code, "/a", "text", undefined, true));
        },
      })),
    });
    const told = hearAll(client, "error", 2);
    await client.connect();
    await expect(told).resolves.toMatchObject([
      [{ code: "IPC_WRONG_OWNER" }],
      [{ code: "IPC_DIRECTORY_REFUSED" }],
    ]);
    await client.disconnect();
  });

  it("may be tried again from within the listener of error", async () => {
    const place = new TestPlace();
    const client = place.client();
    const connected = new Promise((resolve) => {
      client.once("error", () => {
        void place.serve();
        const retry = (): void => {
          client.connect().then(resolve, retry);
        };
        retry();
      });
    });
    client.on("error", () => undefined);
    await expect(client.connect()).rejects.toMatchObject({ code: "ENOENT" });
    await connected;
  });

  it("answers each call by its own attempt, also one made within the listener of error", async () => {
    const place = new TestPlace();
    let attempts = 0;
    const client = place.client({
      transport: carrier(() => ({
        dial: () => {
          attempts += 1;
          return Promise.reject(new Error(`attempt ${attempts}`));
        },
      })),
    });
    const second = new Promise<unknown>((resolve) => {
      client.once("error", () => {
        client.connect().catch(resolve);
      });
    });
    await expect(client.connect()).rejects.toThrow("attempt 1");
    await expect(second).resolves.toMatchObject({ message: "attempt 2" });
  });

  it("rejects for a timeout that no timer takes", async () => {
    const client = new TestPlace().client();
    for (const timeout of [Number.NaN, -1, Infinity, 2 ** 31, "1s" as unknown as number]) {
      await expect(client.connect({ timeout })).rejects.toMatchObject({
        code: "IPC_INVALID_OPTION",
      });
    }
  });
});
