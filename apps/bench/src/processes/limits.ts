import { createCipheriv } from "node:crypto";
import { once } from "node:events";
import { connect as dial, Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { answer } from "../answer.ts";
import { stringifiesPerSecond } from "../time-json.ts";

let socket = new Socket();

async function connect(path: string): Promise<void> {
  socket = dial(path);
  await once(socket, "connect");
}

/** MB that a bare connection moves per second, in `blocks` writes of `size` bytes. */
async function rawMegabytes(size: number, blocks: number): Promise<number> {
  const block = Buffer.alloc(size, "x");
  const last = Buffer.alloc(size, "x");
  // The server answers this byte.
  last[size - 1] = 0x21;
  const start = performance.now();
  const received = once(socket, "data");
  for (let sent = 1; sent <= blocks; sent += 1) {
    if (!socket.write(sent < blocks ? block : last) && sent < blocks) await once(socket, "drain");
  }
  await received;
  return perSecond(size * blocks, start);
}

/** MB that AES-256-GCM seals per second, in `blocks` records of `size` bytes, each with its tag. */
function aesMegabytes(size: number, blocks: number): number {
  const key = Buffer.alloc(32, 7);
  const nonce = Buffer.alloc(12);
  const block = Buffer.alloc(size, "x");
  const start = performance.now();
  for (let sealed = 0; sealed < blocks; sealed += 1) {
    nonce.writeUInt32BE(sealed);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    cipher.update(block);
    cipher.final();
    cipher.getAuthTag();
  }
  return perSecond(size * blocks, start);
}

function perSecond(bytes: number, start: number): number {
  return bytes / 1e6 / ((performance.now() - start) / 1000);
}

const routines = { connect, rawMegabytes, aesMegabytes, stringifiesPerSecond };

/** The routines of the client process of the limits. */
export type LimitsRoutines = typeof routines;

answer(routines);
