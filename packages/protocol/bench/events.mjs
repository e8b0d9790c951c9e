// Carries 70-byte events between two sessions in memory, and next to it only turns the same data into JSON and back.
// Both are measured in processor time, the shortest of several rounds. The sessions count and acknowledge what they
// carry unless the argument says so. Build first, then: node bench/events.mjs [bare]
import { Buffer } from "node:buffer";
import { argv, cpuUsage, stdout } from "node:process";
import { allFeatures, defaultLimits, Handshake, MessageEncoder, Session } from "@ipc/protocol";

const EVENTS = 200_000;
const BATCH = 500;
const ROUNDS = 9;

const data = { symbol: "ACME", bid: 101.25, ask: 101.5, size: 1200, at: "12:00" };
const encoder = new MessageEncoder(defaultLimits);
const features = argv[2] === "bare" ? [] : allFeatures;
const options = { limits: defaultLimits, encoder, now: 0 };
let received = 0;

/** Hands what one session writes to the other, as bytes, as a socket would. */
class Link {
  bufferedBytes = 0;

  /** @param {Pick<Session, "handleBytes">} target */
  constructor(target) {
    this.target = target;
  }

  /** @param {string | Uint8Array} chunk */
  send(chunk) {
    this.target.handleBytes(typeof chunk === "string" ? Buffer.from(chunk) : chunk, 0);
    return true;
  }

  /** @param {readonly Uint8Array[]} chunks */
  sendAll(chunks) {
    for (const chunk of chunks) this.send(chunk);
    return true;
  }
}

/**
 * Sessions of a client and a server whose handshakes have met in memory.
 * @returns {[client: Session, server: Session]}
 */
function openPair() {
  const offer = { limits: defaultLimits, features, now: 0 };
  const hello = { name: "client", recovery: {} };
  const [dialled, accepted] = [
    new Handshake({ ...offer, role: "client", hello }),
    new Handshake({ ...offer, role: "server" }),
  ];
  dialled.writeOut(new Link(accepted));
  const server = new Session({ ...options, handshake: accepted });
  const recovery = { session: "secret", window: 5_000, resumed: false };
  server.accept({ id: "id", token: "token", recovery }, 0);
  accepted.writeOut(new Link(dialled));
  server.writeOut(new Link(dialled));
  return [new Session({ ...options, handshake: dialled }), server];
}

const sink = {
  handleEvent: () => {
    received++;
  },
  handleCall: () => {},
  handleCancel: () => {},
  handleReply: () => {},
  handleClosed: () => {
    throw new Error("A session ended.");
  },
};

const [client, server] = openPair();
const toServer = new Link(server);
const toClient = new Link(client);

function exchange() {
  client.writeOut(toServer);
  server.deliver(sink);
  server.writeOut(toClient);
  client.deliver(sink);
}

function carryAll() {
  for (let count = 0; count < EVENTS; count += BATCH) {
    for (let one = 0; one < BATCH; one++) client.emit("price", data);
    exchange();
  }
}

const shared = encoder.encode("price", data);

function carryShared() {
  for (let count = 0; count < EVENTS; count += BATCH) {
    for (let one = 0; one < BATCH; one++) client.emitEncoded(shared);
    exchange();
  }
}

function jsonOnly() {
  for (let count = 0; count < EVENTS; count++) {
    if (Array.isArray(JSON.parse(JSON.stringify(["price", data])))) received++;
  }
}

/** @param {() => void} work */
function shortest(work) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuUsage();
    work();
    least = Math.min(least, cpuUsage(before).user);
  }
  return least;
}

const alone = shortest(jsonOnly);
const rows = { "JSON alone": jsonOnly, events: carryAll, "encoded once": carryShared };
for (const [name, work] of Object.entries(rows)) {
  const microseconds = work === jsonOnly ? alone : shortest(work);
  const rate = (EVENTS / microseconds).toFixed(2);
  const ratio = (microseconds / alone).toFixed(2);
  stdout.write(`${name.padEnd(12)} ${rate} M events/s   ${ratio} of the time of JSON alone\n`);
}
if (received < 3 * EVENTS * ROUNDS) throw new Error("Not everything was received.");
