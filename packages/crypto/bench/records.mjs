/** Times sealing and opening, busy and after a millisecond of idleness, prepared before it or not: `node bench/records.mjs`. */
import { Buffer } from "node:buffer";
import { hrtime, stdout } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Initiator, PasswordKeys, RECORD_HEADER_BYTES, Responder } from "@ipc/crypto";

/** @param {import("@ipc/crypto").PasswordKey} key */
function connect(key) {
  const initiator = new Initiator(key);
  const responder = new Responder(key);
  const [clientPreface, serverPreface] = [Buffer.from("client"), Buffer.from("server")];
  const { flight, next } = responder.handleClientPreface({
    ownPreface: serverPreface,
    peerPreface: clientPreface,
    peerShare: initiator.share,
  });
  const client = initiator
    .handleServerPreface({
      ownPreface: clientPreface,
      peerPreface: serverPreface,
      peerShare: responder.share,
    })
    .handleServerFinished(flight.subarray(RECORD_HEADER_BYTES));
  const server = next.handleClientFinished(client.flight.subarray(RECORD_HEADER_BYTES));
  return { sealer: client.sealer, opener: server.opener };
}

/** @param {readonly Uint8Array[]} written */
function bodiesOf(written) {
  const bodies = [];
  for (let rest = Buffer.concat(written); rest.length > 0;) {
    const end = RECORD_HEADER_BYTES + rest.readUIntBE(1, 3);
    bodies.push(rest.subarray(RECORD_HEADER_BYTES, end));
    rest = rest.subarray(end);
  }
  return bodies;
}

/** @param {() => void} action */
function microseconds(action) {
  const start = hrtime.bigint();
  action();
  return Number(hrtime.bigint() - start) / 1000;
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** @param {string} text */
function print(text) {
  stdout.write(`${text}\n`);
}

const keys = new PasswordKeys();
const stretching = hrtime.bigint();
const key = await keys.derive("password", "bench");
print(`first key ${(Number(hrtime.bigint() - stretching) / 1e6).toFixed(0)} ms`);
print(`first handshake ${microseconds(() => connect(key)).toFixed(0)} µs`);
const handshakes = Array.from({ length: 500 }, () => microseconds(() => connect(key)));
print(`handshake, both sides ${median(handshakes).toFixed(0)} µs`);

const line = '["message",{"text":"hello world","n":12345}]\n';
/** @type {[name: string, chunks: (string | Uint8Array)[], times: number][]} */
const cases = [
  ["240 bytes in 5 lines", Array.from({ length: 5 }, () => line), 3000],
  ["64 KiB", [Buffer.alloc(65_536)], 500],
  ["1 MiB", [Buffer.alloc(1_048_576)], 50],
];
for (const [name, chunks, times] of cases) {
  const { sealer, opener } = connect(key);
  const busy = { seal: Infinity, open: Infinity };
  for (let round = 0; round < 7; round++) {
    /** @type {Uint8Array[][]} */
    const written = [];
    const seal = microseconds(() => {
      for (let i = 0; i < times; i++) written.push(sealer.seal(chunks));
    });
    const bodies = bodiesOf(written.flat());
    const open = microseconds(() => {
      for (const body of bodies) opener.open(body);
    });
    busy.seal = Math.min(busy.seal, seal / times);
    busy.open = Math.min(busy.open, open / times);
  }
  /** @type {{ seal: number[], open: number[], preparedSeal: number[], preparedOpen: number[] }} */
  const idle = { seal: [], open: [], preparedSeal: [], preparedOpen: [] };
  for (let i = 0; i < 400; i++) {
    const prepared = i % 2 === 1;
    if (prepared) {
      sealer.prepare();
      opener.prepare();
    }
    await sleep(1);
    /** @type {readonly Uint8Array[]} */
    let written = [];
    const seals = prepared ? idle.preparedSeal : idle.seal;
    seals.push(microseconds(() => (written = sealer.seal(chunks))));
    const bodies = bodiesOf(written);
    await sleep(1);
    const opens = prepared ? idle.preparedOpen : idle.open;
    opens.push(
      microseconds(() => {
        for (const body of bodies) opener.open(body);
      }),
    );
  }
  print(
    `${name}: seal ${busy.seal.toFixed(1)} µs, cold ${median(idle.seal).toFixed(0)}, ` +
      `prepared ${median(idle.preparedSeal).toFixed(0)}; ` +
      `open ${busy.open.toFixed(1)} µs, cold ${median(idle.open).toFixed(0)}, ` +
      `prepared ${median(idle.preparedOpen).toFixed(0)}`,
  );
}
