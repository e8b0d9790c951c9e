import { once } from "node:events";
import { connect as dial, Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { answer } from "../answer.ts";
import { record } from "../payload.ts";

const line = JSON.stringify(record);
const block = Buffer.alloc(65_536, "x");
let socket = new Socket();

async function connect(path: string): Promise<void> {
  socket = dial(path);
  await once(socket, "connect");
}

/** Bytes that a bare connection moves per second; `bytes` is a multiple of 64 KiB. */
async function bytesPerSecond(bytes: number): Promise<number> {
  const start = performance.now();
  const received = once(socket, "data");
  for (let sent = 0; sent < bytes; sent += block.length) {
    if (!socket.write(block)) await once(socket, "drain");
  }
  await received;
  return rate(bytes, start);
}

/** Records of 70 bytes that `JSON.stringify` encodes per second when nothing else happens. */
function stringifiesPerSecond(times: number): number {
  let length = 0;
  const start = performance.now();
  for (let done = 0; done < times; done += 1) length += JSON.stringify(record).length;
  const perSecond = rate(times, start);
  if (length !== times * line.length) throw new Error("JSON.stringify lost something");
  return perSecond;
}

/** Records of 70 bytes that `JSON.parse` decodes per second when nothing else happens. */
function parsesPerSecond(times: number): number {
  let last: unknown;
  const start = performance.now();
  for (let done = 0; done < times; done += 1) last = JSON.parse(line);
  const perSecond = rate(times, start);
  if (JSON.stringify(last) !== line) throw new Error("JSON.parse lost something");
  return perSecond;
}

function rate(count: number, start: number): number {
  return (count * 1000) / (performance.now() - start);
}

const routines = { connect, bytesPerSecond, stringifiesPerSecond, parsesPerSecond };

/** What the client process of the limits does on request. */
export type LimitsRoutines = typeof routines;

answer(routines);
