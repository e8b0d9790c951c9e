import { setImmediate as turn } from "node:timers/promises";
import type { Lost } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import { type IPCServerSocket, type IPCSocket, RefusedError } from "../src/index.ts";
import { faultyPair } from "./faulty-pair.ts";
import { Gate } from "./gate.ts";
import { hear, type Speaker } from "./hear.ts";
import { hello, prefaceWith } from "./raw-peer.ts";
import { type Pair, TestPlace } from "./test-place.ts";

/** Emits a number in every turn of the loop until its socket is closed, and accounts for each. */
class Producer {
  emitted = 0;
  readonly heard: number[] = [];
  readonly told: number[] = [];
  readonly #socket: IPCSocket | IPCServerSocket;
  readonly #over: Promise<void>;

  /** `listeners` hear the numbers, `owner` is told what is lost. */
  constructor(socket: IPCSocket | IPCServerSocket, listeners: readonly Speaker[], owner: Speaker) {
    this.#socket = socket;
    for (const one of listeners) one.on("n", (n) => this.heard.push(n as number));
    owner.on("lost", (lost) => {
      const { unsent, unconfirmed } = lost as Lost;
      for (const { data } of [...unsent, ...unconfirmed]) this.told.push(data as number);
    });
    this.#over = this.#produce();
  }

  /** The numbers that were neither heard nor told, or heard twice, when the socket is closed. */
  async account(): Promise<{ missing: number[]; doubled: number[] }> {
    await this.#over;
    const known = new Set([...this.heard, ...this.told]);
    const all = Array.from({ length: this.emitted }, (_, n) => n);
    return {
      missing: all.filter((n) => !known.has(n)),
      doubled: this.heard.filter((n, index) => this.heard.indexOf(n) !== index),
    };
  }

  async #produce(): Promise<void> {
    while (!this.#socket.closed) {
      this.#socket.emit("n", this.emitted++);
      await turn();
    }
  }
}

const ways: Record<string, (pair: Pair & { stop: () => Promise<void> }) => unknown> = {
  "the server stops": ({ stop }) => stop(),
  "the server kicks the client": ({ remote }) => remote.disconnect("enough"),
  "the client disconnects": ({ client }) => client.disconnect(),
  "both sides end at once": ({ client, stop }) => Promise.all([client.disconnect(), stop()]),
};
const security = { plaintext: {}, encrypted: { password: "open sesame" } };

const cases = Object.entries(security).flatMap(([name, options]) =>
  Object.entries(ways).map(([how, end]) => [how, name, options, end] as const),
);

describe("what is emitted until a socket says closed", () => {
  it.each(cases)("is heard or told as lost, on both sides, when %s (%s)", async (...scene) => {
    const [, , options, end] = scene;
    const place = new TestPlace();
    const server = await place.serve(options);
    const pair = await place.pair(server, options);
    const { client, socket, remote } = pair;
    const producers = [
      new Producer(socket, [server], client),
      new Producer(remote, [client], server),
    ];
    for (let turns = 0; turns < 5; turns++) await turn();
    await end({ ...pair, stop: () => server.stop() });
    for (const producer of producers) {
      expect(await producer.account()).toEqual({ missing: [], doubled: [] });
    }
  });

  it.each(Object.entries(security))(
    "goes to the next server when the first hands over (%s)",
    async (_, options) => {
      const place = new TestPlace();
      const [former, next] = [await place.serve(options), place.server(options)];
      const { client, socket } = await place.pair(former, { ...options, reconnect: true });
      const producer = new Producer(socket, [former, next], client);
      const claimed = next.start({ timeout: 60_000 });
      const back = hear(client, "connected");
      await former.handOver();
      expect(await producer.account()).toMatchObject({ doubled: [] });
      await Promise.all([claimed, back]);
      await client.socket?.flush();
      expect(await producer.account()).toEqual({ missing: [], doubled: [] });
      expect(producer.told).toEqual([]);
      await client.disconnect();
    },
  );
});

describe("an event that is emitted", () => {
  it("from the listeners that hear of the end is refused, for the socket says closed", async () => {
    const { server, client, socket } = await faultyPair({}, { reconnect: false });
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push("code" in error ? error.code : error));
    const seen: unknown[] = [];
    client.on("lost", () => seen.push("lost", socket.closed, socket.emit("late")));
    socket.on("disconnect", () => seen.push("disconnect", socket.closed, socket.emit("late")));
    const over = hear(client, "disconnected");
    const left = client.disconnect();
    expect(socket.emit("kept", 1)).toBe(true);
    await Promise.all([over, left]);
    await turn();
    expect(seen).toEqual(["lost", true, false, "disconnect", true, false]);
    expect(errors).toEqual(["IPC_CLOSED"]);
    await server.stop();
  });

  it("while middleware decides is kept, and leaves behind the welcome", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Gate();
    server.use(async (socket) => {
      expect(socket.emit("early", 1)).toBe(false);
      await gate.handler(undefined, new AbortController());
    });
    const client = place.client();
    const early = hear(client, "early");
    const connected = client.connect();
    await gate.holds(1);
    gate.open();
    await connected;
    await expect(early).resolves.toBe(1);
  });

  it("to a client that middleware refuses is told as lost", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.use((socket) => {
      socket.emit("early", 1);
      throw new RefusedError("not you");
    });
    const lost = hear(server, "lost");
    await expect(place.client().connect()).rejects.toMatchObject({ code: "IPC_REFUSED_BY_SERVER" });
    await expect(lost).resolves.toMatchObject({ unsent: [{ event: "early", data: 1 }] });
  });
});

describe("a producer that waits for drain", () => {
  it("goes on when the session ends, and finds the socket closed", async () => {
    const { faults, client, socket } = await faultyPair(
      { closeTimeout: 20 },
      { reconnect: false, highWaterMark: 100, closeTimeout: 20 },
    );
    faults.stall();
    let count = 0;
    while (socket.emit("n", count)) count++;
    const freed = hear(socket, "drain").then(() => socket.closed);
    await client.disconnect();
    await expect(freed).resolves.toBe(true);
  });
});

describe("flush during a goodbye", () => {
  it("is fulfilled if all was heard, and fails if something was kept", async () => {
    const { client, socket } = await faultyPair({}, { reconnect: false });
    socket.emit("n", 1);
    const left = client.disconnect();
    const heard = socket.flush();
    socket.emit("n", 2);
    const kept = socket.flush().catch((error: { code: unknown }) => error.code);
    await expect(heard).resolves.toBeUndefined();
    await expect(kept).resolves.toBe("IPC_SESSION_LOST");
    await left;
    await expect(socket.flush()).rejects.toMatchObject({ code: "IPC_CLOSED" });
  });
});

describe("an event before the welcome", () => {
  it("ends the connection, reaches no listener and is not acknowledged", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const gate = new Gate();
    server.use(() => gate.handler(undefined, new AbortController()));
    const heard: unknown[] = [];
    server.on("x", (...args) => heard.push(args));
    server.on("error", () => undefined);
    const peer = await place.rawPeer(server);
    peer.say(`${prefaceWith("recovery")}${hello}["x",1]\n`);
    await peer.closed;
    gate.open();
    await turn();
    expect(peer.text).toContain('"error":"IPC_INVALID_MESSAGE"');
    expect(peer.text).not.toContain("ack");
    expect(heard).toEqual([]);
  });
});
