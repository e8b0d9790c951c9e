// Copies a file from one process to another as a stream, and says how fast, in how much memory, and how long small
// calls took meanwhile. Beside it, the same file goes through a bare socket of node:net.
// Build first, then: node bench/copy-file.mjs [MiB]
import { fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { IPCClient } from "ipc-eventer";
import { watchMemory } from "./watch-memory.mjs";

const mebibyte = 1024 * 1024;
const size = Number(process.argv[2] ?? 1024);
const directory = mkdtempSync(join(tmpdir(), "copy-file-"));
const source = join(directory, "source");

/**
 * @typedef {object} Copy
 * @property {number} grown MiB by which the receiver grew
 * @property {readonly number[]} trips milliseconds of each call meanwhile
 */

/**
 * Copies the file by way of a process that writes it.
 * @param {string} name
 * @param {string} password
 * @param {(address: string) => Promise<Copy>} copy
 */
async function measure(name, password, copy) {
  const receiver = fork(new URL("receive-file.mjs", import.meta.url), [directory, password]);
  /** @type {Promise<unknown>} */
  const listening = new Promise((resolve) => receiver.once("message", resolve));
  const address = await listening;
  const ownGrowth = watchMemory();
  const began = performance.now();
  const { grown, trips } = await copy(String(address));
  const rate = size / ((performance.now() - began) / 1000);
  receiver.kill();
  await once(receiver, "exit");
  const sorted = trips.toSorted((one, other) => one - other);
  const calls = `${sorted.length} calls, ms: p50 ${at(sorted, 0.5)} p99 ${at(sorted, 0.99)}`;
  const memories = `grew by MiB: sender ${Math.round(ownGrowth())}, receiver ${Math.round(grown)}`;
  report(`${name.padEnd(18)} ${rate.toFixed(0).padStart(5)} MiB/s; ${memories}; ${calls}`);
  return rate;
}

/** @param {string} address */
async function copyRaw(address) {
  const socket = connect(address);
  await pipeline(createReadStream(source), socket, { end: false });
  socket.end();
  const chunks = await socket.toArray();
  return { grown: Number(Buffer.concat(chunks).toString()), trips: [] };
}

/** @param {string} password */
async function copyStream(password) {
  const client = new IPCClient("copy", options(password));
  const socket = await client.connect();
  /** @type {number[]} */
  const trips = [];
  const copied = new AbortController();
  const calling = callOnAndOn();
  const body = createReadStream(source);
  const grown = Number(await socket.invoke("copy", body, { timeout: 0 }));
  copied.abort();
  await calling;
  await client.disconnect();
  return { grown, trips };

  async function callOnAndOn() {
    while (!copied.signal.aborted) {
      const began = performance.now();
      await socket.invoke("nothing");
      trips.push(performance.now() - began);
      await sleep(1);
    }
  }
}

/** @param {string} password */
function options(password) {
  return { directory, password: password === "" ? undefined : password };
}

/**
 * @param {readonly number[]} sorted
 * @param {number} share
 */
function at(sorted, share) {
  return (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
}

/** @param {string} line */
function report(line) {
  process.stdout.write(`${line}\n`);
}

const file = openSync(source, "w");
const block = Buffer.alloc(mebibyte, "0123456789abcdef");
for (let written = 0; written < size; written++) writeSync(file, block);
const password = "correct horse battery staple";
const raw = await measure("raw node:net", "", copyRaw);
const plain = await measure("stream", "", () => copyStream(""));
const sealed = await measure("stream, encrypted", password, () => copyStream(password));
report(`of raw: plaintext ${(plain / raw).toFixed(2)}, encrypted ${(sealed / raw).toFixed(2)}`);
rmSync(directory, { recursive: true });
