/* oxlint-disable -- plain JavaScript that prints, as users write it */
// stories.mjs <directory> [story]: short stories of a server and its clients, in one process, for any
// runtime. Prints one line of JSON for each, `{ story, error? }`, and ends with 1 if one has failed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { IPCClient, IPCServer, RefusedError } from "ipc-eventer";
import { advanced } from "ipc-eventer/advanced";

const [directory, only] = process.argv.slice(2);
let number = 0;

/** A server that listens, a client that is connected, and both ends of their session. */
async function pair(options = {}, clientOptions = {}) {
  const name = `story-${++number}`;
  const server = new IPCServer(name, { directory, ...options });
  const { password, realm, serialization } = options;
  const shared = { directory, ...(password === undefined ? {} : { password }) };
  if (realm !== undefined) shared.realm = realm;
  if (serialization !== undefined) shared.serialization = serialization;
  const client = new IPCClient(name, { ...shared, ...clientOptions });
  await server.start();
  const connected = next(server, "connected");
  const socket = await client.connect();
  const [remote] = await connected;
  const end = async () => {
    await client.disconnect();
    await server.stop();
  };
  return { name, server, client, socket, remote, end };
}

/** The next event of an object under a name; unlike `once` of node:events, errors do not matter. */
const next = (speaker, event) =>
  new Promise((resolve) => speaker.once(event, (...values) => resolve(values)));

/** The error of a promise. */
const failure = (promise) =>
  promise.then(
    () => assert.fail("no error"),
    (error) => error,
  );

async function echoes(options, data) {
  const { socket, remote, end } = await pair(options);
  remote.on("echo", (value) => remote.emit("echo", value));
  const heard = new Promise((resolve) => socket.once("echo", resolve));
  socket.emit("echo", data);
  const answer = await heard;
  await end();
  return answer;
}

/** Send a source of bytes to a handler, and count what arrives. */
async function sends(source, size) {
  const { server, socket, end } = await pair();
  server.handle("count", async (stream) => {
    let bytes = 0;
    let chunks = 0;
    for await (const chunk of stream) {
      assert.ok(chunk instanceof Uint8Array);
      bytes += chunk.length;
      chunks += 1;
    }
    return { bytes, chunks };
  });
  const { bytes, chunks } = await socket.invoke("count", source);
  assert.equal(bytes, size);
  assert.ok(chunks <= 4 + size / 1024, `${chunks} chunks of ${size} bytes`);
  await end();
}

const stories = {
  "an event in plaintext": async () => {
    assert.deepEqual(await echoes({}, { a: [1, "ä", null] }), { a: [1, "ä", null] });
  },
  "an event under a password": async () => {
    const data = { bytes: new Uint8Array(100_000).fill(7) };
    assert.deepEqual(await echoes({ password: "secret" }, data), data);
  },
  "binary values": async () => {
    const { bytes } = await echoes({}, { bytes: Buffer.from([1, 2, 3]) });
    assert.ok(Buffer.isBuffer(bytes));
    assert.deepEqual([...bytes], [1, 2, 3]);
  },
  "rich data": async () => {
    const data = { map: new Map([[1n, new Set([new Date(5)])]]), pattern: /x/g };
    assert.deepEqual(await echoes({ serialization: advanced }, data), data);
  },
  "20 MiB in one event": async () => {
    assert.equal((await echoes({}, "x".repeat(20 * 2 ** 20))).length, 20 * 2 ** 20);
  },
  "10,000 events in order": async () => {
    const { socket, remote, end } = await pair();
    let count = 0;
    remote.on("n", (n) => assert.equal(n, count++));
    for (let n = 0; n < 10_000; n++) socket.emit("n", n);
    await socket.flush();
    assert.equal(count, 10_000);
    await end();
  },
  "calls both ways": async () => {
    const { server, client, socket, remote, end } = await pair();
    server.handle("add", ({ a, b }) => a + b);
    client.handle("fail", () => {
      throw Object.assign(new RangeError("far"), { code: "FAR" });
    });
    assert.equal(await socket.invoke("add", { a: 1, b: 2 }), 3);
    assert.equal((await failure(remote.invoke("fail"))).code, "FAR");
    assert.equal((await failure(socket.invoke("none"))).code, "IPC_NO_HANDLER");
    await end();
  },
  "a call given up": async () => {
    const { server, socket, end } = await pair();
    const aborted = new Promise((resolve) => {
      server.handle("wait", (_, { signal }) => {
        signal.addEventListener("abort", resolve);
        return aborted;
      });
    });
    assert.equal(
      (await failure(socket.invoke("wait", 1, { timeout: 20 }))).code,
      "IPC_CALL_TIMEOUT",
    );
    await aborted;
    await end();
  },
  "rooms and a broadcast": async () => {
    const { server, socket, remote, end } = await pair();
    remote.join("room");
    const heard = new Promise((resolve) => socket.once("news", resolve));
    server.to("room").emit("news", 1);
    assert.equal(await heard, 1);
    await end();
  },
  "a refusal of middleware": async () => {
    const { name, server, end } = await pair();
    server.use(() => {
      throw new RefusedError("no", { code: "FULL", data: [1] });
    });
    const { code, cause } = await failure(new IPCClient(name, { directory }).connect());
    assert.deepEqual([code, cause.code, cause.data], ["IPC_REFUSED_BY_SERVER", "FULL", [1]]);
    await end();
  },
  "a wrong password": async () => {
    const { name, server, end } = await pair({ password: "right" });
    server.on("error", () => undefined);
    const intruder = new IPCClient(name, { directory, password: "wrong" });
    assert.equal((await failure(intruder.connect())).code, "IPC_AUTHENTICATION_FAILED");
    await end();
  },
  "a second server": async () => {
    const { name, end } = await pair();
    const second = new IPCServer(name, { directory });
    assert.equal((await failure(second.start())).code, "EADDRINUSE");
    await end();
  },
  "no server": async () => {
    const client = new IPCClient("nowhere", { directory });
    assert.equal((await failure(client.connect())).code, "ENOENT");
  },
  "a reconnect after a restart": async () => {
    const options = { reconnect: true, reconnectInterval: 20 };
    const { server, client, socket, end } = await pair({}, options);
    client.on("error", () => undefined);
    const { id } = socket;
    await server.stop();
    const again = next(client, "connected");
    await server.start();
    const [{ id: idAgain }] = await again;
    assert.equal(typeof idAgain, typeof id);
    await end();
  },
  "a session that goes on": async () => {
    const options = { reconnect: true, reconnectInterval: 20 };
    const name = `story-${++number}`;
    const server = new IPCServer(name, { directory });
    await server.start();
    // The connection of the client leads through a relay of bytes, which cuts it once.
    const way = `${directory}/way.sock`;
    const cuts = [];
    const relay = createServer((near) => {
      const far = connect(server.address);
      near.pipe(far).pipe(near);
      for (const end of [near, far]) end.on("error", () => undefined);
      cuts.push(() => near.destroy() && far.destroy());
    });
    await once(relay.listen(way), "listening");
    const client = new IPCClient(way, options);
    client.on("error", () => undefined);
    const heard = [];
    server.on("n", (n) => heard.push(n));
    const socket = await client.connect();
    socket.emit("n", 1);
    await socket.flush();
    const back = next(client, "connect");
    cuts[0]();
    socket.emit("n", 2);
    assert.deepEqual(await back, [{ recovered: true }]);
    await socket.flush();
    assert.deepEqual(heard, [1, 2]);
    await client.disconnect();
    await server.stop();
    relay.close();
  },
  "a kick": async () => {
    const { client, remote, end } = await pair();
    const kicked = next(client, "kicked");
    remote.disconnect("enough");
    assert.deepEqual(await kicked, [{ reason: "enough" }]);
    await end();
  },
  "a hand-over": async () => {
    const options = { reconnect: true, reconnectInterval: 20 };
    const { name, server, client, end } = await pair({}, options);
    client.on("error", () => undefined);
    const successor = new IPCServer(name, { directory });
    const again = next(client, "connected");
    await Promise.all([server.handOver(), successor.start({ timeout: 5_000 })]);
    await again;
    await end();
    await successor.stop();
  },
  "a stream of bytes": () =>
    sends(Readable.from([Buffer.alloc(3 * 2 ** 20)], { objectMode: false }), 3 * 2 ** 20),
  "a Blob": () => sends(new Blob([new Uint8Array(8 * 2 ** 20)]), 8 * 2 ** 20),
  "a Response": () => sends(new Response(new Uint8Array(8 * 2 ** 20)), 8 * 2 ** 20),
  "a stream of values": async () => {
    const { server, socket, end } = await pair();
    server.handle("sum", async (values) => {
      let sum = 0;
      for await (const value of values) sum += value;
      return sum;
    });
    const values = (async function* () {
      for (let n = 1; n <= 100; n++) yield n;
    })();
    assert.equal(await socket.invoke("sum", values), 5_050);
    await end();
  },
  "a silent peer": async () => {
    const name = `${directory}/silent.sock`;
    const silent = createServer((socket) => socket.on("error", () => undefined));
    await once(silent.listen(name), "listening");
    const client = new IPCClient(name, { handshakeTimeout: 100 });
    assert.equal((await failure(client.connect())).code, "IPC_HANDSHAKE_TIMEOUT");
    silent.close();
  },
};

let failed = 0;
for (const [story, play] of Object.entries(stories)) {
  if (only !== undefined && story !== only) continue;
  const late = sleep(20_000, "late", { ref: false });
  try {
    const outcome = await Promise.race([play(), late]);
    if (outcome === "late") throw new Error("it takes longer than 20 s");
    console.log(JSON.stringify({ story }));
  } catch (error) {
    failed += 1;
    console.log(JSON.stringify({ story, error: `${error.code ?? error.name}: ${error.message}` }));
  }
}
process.exitCode = failed === 0 ? 0 : 1;
setTimeout(() => process.exit(), 1_000).unref();
